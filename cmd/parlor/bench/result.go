package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// result is everything that a run has to tell. Its JSON form is what --out
// writes.
type result struct {
	Started     time.Time      `json:"started"`
	Elapsed     time.Duration  `json:"elapsedNs"`
	Environment environment    `json:"environment"`
	Settings    settings       `json:"settings"`
	Figures     figures        `json:"figures"`
	Checks      []check        `json:"checks"`
	Targets     []targetResult `json:"targets"`
	Notes       []string       `json:"notes,omitempty"`
}

// settings are the options that figures depend on.
type settings struct {
	Duration   string  `json:"duration"`
	Warmup     string  `json:"warmup"`
	Size       int     `json:"size"`
	Rate       float64 `json:"rate"`
	FloodRate  float64 `json:"floodRate"`
	Publishers int     `json:"publishers"`
	Rounds     int     `json:"rounds"`
	Rooms      int     `json:"rooms"`
	ServerArgs string  `json:"serverArgs,omitempty"`
	Target     string  `json:"target,omitempty"`
}

// newResult is a result without figures; dir is where servers keep their files.
func newResult(o options, dir string) *result {
	r := &result{
		Started:     time.Now().UTC(),
		Environment: readEnvironment(dir),
		Settings: settings{
			Duration: o.duration.String(), Warmup: o.warmup.String(), Size: o.size, Rate: o.rate, FloodRate: o.floodRate,
			Publishers: o.publishers, Rounds: o.rounds, Rooms: o.rooms, ServerArgs: strings.Join(o.serverArgs, " "),
		},
	}
	if o.target != nil {
		r.Settings.Target = o.target.String()
	}
	return r
}

func (r *result) add(q quantity, s subject, value float64) { r.Figures.add(q, s, value) }

func (r *result) note(text string) { r.Notes = append(r.Notes, text) }

// check notes whether a measurement's streams got everything.
func (r *result) check(scenario string, p peer, round int, c check) {
	c.Scenario, c.System, c.Round = scenario, p.name(), round+1
	r.Checks = append(r.Checks, c)
}

// primaryName is what the server that all this is about is called.
func (r *result) primaryName() string {
	if r.Settings.Target != "" {
		return attached{}.name()
	}
	return parlorName
}

// wrongDeliveries reports whether the primary server broke its promise: what
// others promise is not for this program to judge.
func (r *result) wrongDeliveries() bool {
	for _, c := range r.Checks {
		if c.System == r.primaryName() && c.wrong() {
			return true
		}
	}
	return false
}

// write prints the tables to stdout and, if out is not empty, writes the JSON
// file and the tables next to it.
func (r *result) write(out string, stdout io.Writer) error {
	r.Elapsed = time.Since(r.Started)
	r.Targets = r.judge()
	tables := r.tables()
	if _, err := io.WriteString(stdout, tables); err != nil {
		return err
	}
	if out == "" {
		return nil
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode results: %w", err)
	}
	if err := os.WriteFile(out, append(data, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(strings.TrimSuffix(out, ".json")+".txt", []byte(tables), 0o644)
}
