package cluster_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/cluster"
)

func ringOf(t testing.TB, version uint64, n int) *cluster.Ring {
	t.Helper()
	var members []cluster.Member
	for i := range n {
		members = append(members, cluster.Member{
			Name: fmt.Sprintf("node-%d", i), Roles: []cluster.Role{cluster.RoleFront, cluster.RoleRoom},
		})
	}
	r, err := cluster.NewRing(version, members)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOwnerIsFirstOfHomeSet(t *testing.T) {
	r := ringOf(t, 1, 7)
	for i := range 1000 {
		name := fmt.Sprintf("room-%d", i)
		set := r.HomeSet(nil, "room", name, 3)
		if len(set) != 3 || set[0] != r.Owner("room", name) {
			t.Fatalf("%s: home set %v, owner %v", name, set, r.Owner("room", name))
		}
		if set[0] == set[1] || set[1] == set[2] || set[0] == set[2] {
			t.Fatalf("%s: a member twice in %v", name, set)
		}
		all := r.HomeSet(nil, "room", name, 7)
		if !slices.Equal(all[:3], set) {
			t.Fatalf("%s: home set of 3 is no prefix of that of 7", name)
		}
	}
}

// TestShares holds the spread to two percent of the fair share.
func TestShares(t *testing.T) {
	const nodes, rooms = 10, 400_000
	r := ringOf(t, 1, nodes)
	owned := map[string]int{}
	for i := range rooms {
		owned[r.Owner("room", fmt.Sprintf("user:%d", i)).Name]++
	}
	for name, n := range owned {
		if share := float64(n) / (rooms / nodes); share < 0.98 || share > 1.02 {
			t.Errorf("%s owns %.3f of its fair share", name, share)
		}
	}
}

// TestJoinMovesLittle adds a member: only what it owns may move, and that is
// about its share.
func TestJoinMovesLittle(t *testing.T) {
	const rooms = 100_000
	before, after := ringOf(t, 1, 9), ringOf(t, 2, 10)
	moved := 0
	for i := range rooms {
		name := fmt.Sprintf("room-%d", i)
		was, is := before.Owner("room", name).Name, after.Owner("room", name).Name
		if was != is {
			moved++
			if is != "node-9" {
				t.Fatalf("%s moved from %s to %s, which is not the newcomer", name, was, is)
			}
		}
	}
	if limit := rooms / 10 * 12 / 10; moved > limit {
		t.Errorf("%d of %d rooms moved, more than %d", moved, rooms, limit)
	}
}

func TestFrontsHoldNothing(t *testing.T) {
	r, err := cluster.NewRing(1, []cluster.Member{
		{Name: "a", Roles: []cluster.Role{cluster.RoleFront}},
		{Name: "b", Roles: []cluster.Role{cluster.RoleRoom}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if m := r.Owner("room", fmt.Sprint(i)); m.Name != "b" {
			t.Fatalf("room %d is owned by %q, which holds none", i, m.Name)
		}
	}
	none, err := cluster.NewRing(1, []cluster.Member{{Name: "a", Roles: []cluster.Role{cluster.RoleFront}}})
	if err != nil {
		t.Fatal(err)
	}
	if m := none.Owner("room", "x"); m != nil {
		t.Fatalf("owner %v in a ring without holders", m)
	}
}

func TestDuplicateName(t *testing.T) {
	_, err := cluster.NewRing(1, []cluster.Member{{Name: "a"}, {Name: "a"}})
	if !errors.Is(err, cluster.ErrDuplicateName) {
		t.Fatalf("error %v", err)
	}
}

func TestKindIsPartOfTheName(t *testing.T) {
	r := ringOf(t, 1, 10)
	differ := 0
	for i := range 1000 {
		name := fmt.Sprint(i)
		if r.Owner("room", name) != r.Owner("game", name) {
			differ++
		}
	}
	if differ < 850 {
		t.Errorf("only %d of 1000 names have another owner under another kind", differ)
	}
}

func TestOwnerAllocatesNothing(t *testing.T) {
	r := ringOf(t, 1, 10)
	set := make([]*cluster.Member, 0, 3)
	if n := testing.AllocsPerRun(100, func() {
		r.Owner("room", "lobby")
		set = r.HomeSet(set[:0], "room", "lobby", 3)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkOwner(b *testing.B) {
	r := ringOf(b, 1, 10)
	for b.Loop() {
		r.Owner("room", "lobby")
	}
}
