package checker_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/checker"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

func TestGoodHistory(t *testing.T) {
	r := checker.Check(good())
	for _, v := range r.Violations {
		t.Error(v)
	}
	want := checker.Tally{
		Published: 13, Acknowledged: 10, Refused: 2, Unknown: 1, Retries: 1,
		Streams: 6, Delivered: 9 + 5 + 4 + 5 + 5 + 3, Gaps: 1, Missed: 2,
	}
	if r.Tally != want {
		t.Errorf("got %+v\nwant %+v", r.Tally, want)
	}
	if !r.OK() {
		t.Error("not OK")
	}
}

// edit finds what a bad history changes.
type edit struct{ *history.History }

func (e edit) publish(uuid string) *history.Publish {
	return find(e.Publishes, func(p history.Publish) bool { return p.UUID == uuid })
}

func (e edit) frame(conn int, id string) *history.Frame {
	return find(e.Frames, func(f history.Frame) bool { return f.Conn == conn && f.ID == id })
}

func (e edit) dropFrame(conn int, id string) {
	e.Frames = slices.DeleteFunc(e.Frames, func(f history.Frame) bool { return f.Conn == conn && f.ID == id })
}

func (e edit) copy(node, room string) *history.Copy {
	return find(e.Copies, func(c history.Copy) bool { return c.Node == node && c.Room == room })
}

func (e edit) gap() *history.Frame {
	return find(e.Frames, func(f history.Frame) bool { return f.Kind == history.Gap })
}

func find[T any](list []T, is func(T) bool) *T {
	return &list[slices.IndexFunc(list, is)]
}

func TestBadHistories(t *testing.T) {
	const i1, i2, i3, i4, i5, i6, i7 = "I1", "I2", "I3", "I4", "I5", "I6", "I7"
	const i8, i9, i10, i11, i12, i13 = "I8", "I9", "I10", "I11", "I12", "I13"
	tests := []struct {
		name string
		make func(edit)
		want []string // these are broken, and no others
	}{
		{"acknowledged and gone from the disks", func(e edit) { publish(e.History, 94, "9-10") }, []string{i1, i12}},
		{"acknowledged, and another in its place", func(e edit) {
			publish(e.History, 96, "9-9")
		}, []string{i1}},
		{"acknowledged without an id", func(e edit) { e.publish("u1").ID = "" }, []string{i1}},
		{"renumbered by the next epoch", func(e edit) {
			for _, node := range []string{"n1", "n2", "n3"} {
				e.copy(node, "a").Messages[1].ID = "10-8"
			}
		}, []string{i1, i3}},
		{"a retry gets another id", func(e edit) { e.Publishes[9].ID = "7-5" }, []string{i2}},
		{"a retry is taken for another message", func(e edit) { e.Publishes[9].Status = 409 }, []string{i2}},
		{"shown twice", func(e edit) { show(e.History, 1, 95*second, history.Message, "9-8") }, []string{i2}},
		{"one message, two places", func(e edit) { e.frame(3, "9-9").UUID, e.frame(3, "9-9").SHA = "u8", "u8" }, []string{i2}},
		{"shown what it had already", func(e edit) { e.Opens[2].Sent = "9-6" }, []string{i2}},
		{"epochs fall", func(e edit) {
			for _, node := range []string{"n1", "n2", "n3"} {
				e.copy(node, "a").Messages[1].ID = "10-8"
			}
			e.publish("u8").ID, e.frame(1, "9-8").ID, e.frame(3, "9-8").ID = "10-8", "10-8", "10-8"
			e.frame(4, "9-8").ID, e.frame(5, "9-8").ID, e.frame(6, "9-8").ID = "10-8", "10-8", "10-8"
			e.frame(6, "01234567:9-8,5-0").ID = "01234567:10-8,5-0"
		}, []string{i3, i10}},
		{"other bytes on a disk", func(e edit) { e.copy("n2", "a").Messages[0].SHA = "x" }, []string{i3}},
		{"other bytes on an old disk", func(e edit) { e.copy("n4", "a").Messages[0].SHA = "x" }, []string{i3}},
		{"a hole on a disk", func(e edit) { e.copy("n2", "a").Messages[1].ID = "9-7" }, []string{i3}},
		{"an id that is none", func(e edit) { e.frame(1, "9-7").ID = "9_7" }, []string{i3, i6}},
		{"a bookmark that is none", func(e edit) { e.frame(6, "01234567:9-8,5-0").ID = "9-8" }, []string{i3}},
		{"a client has to send nonsense", func(e edit) { e.Opens[5].Sent = "9-7" }, []string{i3, i7}},
		{"published later, comes earlier", func(e edit) {
			e.publish("u7").Call, e.publish("u7").Return = 82*second, 83*second
			for i := range e.Frames {
				if e.Frames[i].ID == "9-7" {
					e.Frames[i].Time = 86 * second
				}
			}
		}, []string{i4}},
		{"acknowledged under an epoch that is over", func(e edit) {
			publish(e.History, 93, "7-10")
		}, []string{i1, i3, i10, i12}},
		{"a phantom", func(e edit) { e.frame(1, "9-7").UUID = "nobody" }, []string{i5}},
		{"of another room", func(e edit) {
			e.publish("u2").Room, e.publish("u2").Outcome = "b", history.Unknown
		}, []string{i5}},
		{"refused and delivered", func(e edit) { e.publish("u2").Outcome = history.Refused }, []string{i5}},
		{"never sent and delivered", func(e edit) { e.publish("u2").Outcome = history.Unsent }, []string{i5}},
		{"altered on the way", func(e edit) { e.frame(1, "9-7").SHA = "x" }, []string{i5}},
		{"shown before it was published", func(e edit) { e.frame(1, "9-7").Time = 60 * second }, []string{i5}},
		{"from a room not asked for", func(e edit) {
			e.Frames = append(e.Frames, history.Frame{Conn: 1, Time: 95 * second, Kind: history.Message, Room: "b", ID: "5-1", UUID: "b1", SHA: "b1"})
		}, []string{i5}},
		{"left out silently", func(e edit) { e.dropFrame(1, "9-7") }, []string{i6}},
		{"left out silently among several rooms", func(e edit) { e.dropFrame(6, "9-9") }, []string{i6}},
		{"a bookmark ahead", func(e edit) { e.frame(6, "01234567:9-8,5-0").ID = "01234567:9-9,5-0" }, []string{i2, i6}},
		{"a bookmark behind", func(e edit) { e.frame(6, "01234567:9-9,5-1").ID = "01234567:9-8,5-1" }, []string{i6, i12}},
		{"comes back and misses one", func(e edit) { e.dropFrame(3, "9-6") }, []string{i7}},
		{"comes back to a reset", func(e edit) {
			e.Frames = append([]history.Frame{{Conn: 3, Time: 65 * second, Kind: history.Reset, Room: "a", Reason: "unknown_id"}}, e.Frames...)
		}, []string{i7}},
		{"begins too early", func(e edit) {
			e.Frames = append([]history.Frame{{Conn: 5, Time: 72 * second, Kind: history.Message, Room: "a", ID: "7-4", UUID: "u4", SHA: "u4"}}, e.Frames...)
		}, []string{i7}},
		{"begins too late", func(e edit) { e.dropFrame(5, "7-5"); e.dropFrame(5, "9-6") }, []string{i7}},
		{"a gap of what is still kept", func(e edit) {
			*e.frame(3, "9-6") = history.Frame{Conn: 3, Time: 65 * second, Kind: history.Gap, Room: "a", ID: "9-6", From: "9-6", To: "9-6", Lost: 1, Reason: "trimmed"}
		}, []string{i8}},
		{"a gap that counts wrong", func(e edit) { e.gap().Lost = 3 }, []string{i7, i8}},
		{"a gap that begins too late", func(e edit) { e.gap().From, e.gap().Lost = "7-4", 1 }, []string{i8}},
		{"a gap for no reason", func(e edit) { e.gap().Reason = "slow" }, []string{i8}},
		{"shown and gone from the disks", func(e edit) {
			e.Publishes = append(e.Publishes, history.Publish{UUID: "u92", Room: "a", Node: "n1", Call: 95 * second, Return: 96 * second, Outcome: history.Unknown})
			e.Frames = append(e.Frames, history.Frame{Conn: 1, Time: 96 * second, Kind: history.Message, Room: "a", ID: "9-10", UUID: "u92"})
		}, []string{i9}},
		{"shown, and another in its place", func(e edit) {
			e.publish("u6").Outcome = history.Unknown
			e.Publishes = append(e.Publishes, history.Publish{UUID: "x6", Room: "a", Call: 60 * second, Return: 62 * second, Outcome: history.Unknown})
			e.frame(3, "9-6").UUID = "x6"
		}, []string{i9}},
		{"two owners of an epoch", func(e edit) { e.Owners[1].Owner = "n3" }, []string{i10}},
		{"commits though cut off", func(e edit) {
			e.publish("u5").Node, e.publish("u5").Call, e.publish("u5").Return = "n4", 55*second, 57*second
			for i := range e.Frames {
				if e.Frames[i].ID == "7-5" {
					e.Frames[i].Time = max(e.Frames[i].Time, 56*second)
				}
			}
		}, []string{i11}},
		{"keeps its streams though cut off", func(e edit) {
			e.Faults[0].End = 80 * second
			e.Closes[0].Time = 75 * second
		}, []string{i11}},
		{"a room that takes nothing any more", func(e edit) { e.publish("b1").Outcome = history.Unknown }, []string{i12}},
		{"a stream that never came back", func(e edit) {
			e.Closes = append(e.Closes, history.Close{Conn: 5, Time: 95 * second, By: history.ByBreak})
		}, []string{i12}},
		{"a stream without the newest", func(e edit) { e.dropFrame(1, "9-9") }, []string{i12}},
		{"refused for ever", func(e edit) {
			e.Opens = append(e.Opens, history.Open{Conn: 9, Subscriber: 1, Node: "n1", Rooms: []string{"a"}, Status: 503, Call: 2, Time: 3})
		}, []string{i12}},
		{"a run without an end", func(e edit) { e.Phases = e.Phases[:1] }, []string{i12}},
		{"too few copies", func(e edit) { *e.copy("n3", "a") = kept("n3", "a", idOf(6), idOf(7), idOf(8)) }, []string{i13}},
		{"a copy is short", func(e edit) { *e.copy("n3", "a") = kept("n3", "a", idOf(8), idOf(9)) }, []string{i13}},
		{"rings differ", func(e edit) { e.Rings[2].Version = 3 }, []string{i13}},
		{"a member is missing", func(e edit) { e.Rings[1].Members = e.Rings[1].Members[:3] }, []string{i13}},
		{"a member never came to be one", func(e edit) { e.Rings[1].Members[0].State = "learner" }, []string{i13}},
		{"a node that says nothing", func(e edit) { e.Rings = e.Rings[:3] }, []string{i13}},
		{"what the fault saw", func(e edit) { e.Failures = []history.Failure{{Time: 1, Text: "still runs"}} }, []string{"expected"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := good()
			test.make(edit{h})
			r := checker.Check(h)
			got := slices.Sorted(maps.Keys(r.Broken))
			if r.OK() {
				t.Fatal("nothing was found")
			}
			want := slices.Sorted(slices.Values(test.want))
			if !slices.Equal(got, want) {
				t.Errorf("broken: %v, want %v\n%s", got, want, describe(r))
			}
		})
	}
}

func describe(r *checker.Result) string {
	var lines []string
	for _, v := range r.Violations {
		lines = append(lines, v.String())
	}
	return strings.Join(lines, "\n")
}

func TestLostIsCountedOnce(t *testing.T) {
	h := good()
	publish(h, 94, "9-10")
	publish(h, 95, "9-11")
	if got := checker.Check(h).Tally.Lost; got != 2 {
		t.Errorf("lost %d, want 2", got)
	}
}

// TestCheckingAgain: a history that was written and read back is judged alike,
// and in the same words.
func TestCheckingAgain(t *testing.T) {
	h := good()
	edit{h}.dropFrame(1, "9-7")
	edit{h}.copy("n2", "a").Messages[0].SHA = "x"
	first := checker.Check(h)
	if again := checker.Check(h); !reflect.DeepEqual(again, first) {
		t.Errorf("got %+v\nwant %+v", again, first)
	}
	text, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(`"invariant":"I3"`)) {
		t.Errorf("%s", text)
	}
}

func TestInvariantsAreDescribed(t *testing.T) {
	for i := checker.I1; i <= checker.Expected; i++ {
		if i.String() == "unknown" || i.About() == "" {
			t.Errorf("%d: %q, %q", i, i, i.About())
		}
	}
}

// TestAddLeavesNothingOut: each field of a tally counts.
func TestAddLeavesNothingOut(t *testing.T) {
	var one, sum checker.Tally
	fields := reflect.ValueOf(&one).Elem()
	for i := range fields.NumField() {
		fields.Field(i).SetInt(int64(i + 1))
	}
	sum.Add(one)
	sum.Add(one)
	for i := range fields.NumField() {
		if got := reflect.ValueOf(sum).Field(i).Int(); got != int64(2*(i+1)) {
			t.Errorf("%s: %d", fields.Type().Field(i).Name, got)
		}
	}
}
