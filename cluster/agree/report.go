package agree

// ReportDone returns d with the node's report that it has nothing left to hand
// over for the ring of that version, and whether that is news. A report of a
// ring yet to come, or of a node that no ring lists, is not taken.
func ReportDone(d Document, node string, r Report) (Document, bool) {
	if !d.Formed() || r.Version > d.Last().Version || r.Version <= d.Done[node].Version || !d.lists(node) {
		return d, false
	}
	next := d.clone()
	next.Done = set(next.Done, node, r)
	return next, true
}

// ReportCaughtUp returns d with the learner's report that it holds copies of
// all that it will hold beside the holders of the ring of that version, and
// whether that is news.
func ReportCaughtUp(d Document, node string, r Report) (Document, bool) {
	if !d.Formed() {
		return d, false
	}
	last := d.Last()
	m, ok := last.Member(node)
	known := d.CaughtUp[node]
	if !ok || m.State != Learner || m.Life != r.Life || r.Version > last.Version || r.Version < last.Placed || known == r {
		return d, false
	}
	next := d.clone()
	next.CaughtUp = set(next.CaughtUp, node, r)
	return next, true
}

func set(m map[string]Report, node string, r Report) map[string]Report {
	if m == nil {
		m = map[string]Report{}
	}
	m[node] = r
	return m
}
