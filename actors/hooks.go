package actors

// hooks are the methods that a behaviour has; those that it lacks are nil.
type hooks struct {
	start      Starter
	connect    Connecter
	disconnect Disconnecter
	publish    Publisher
	update     Updater
	alarm      Alarmer
	fetch      Fetcher
}

func hooksOf(behaviour any) hooks {
	var h hooks
	h.start, _ = behaviour.(Starter)
	h.connect, _ = behaviour.(Connecter)
	h.disconnect, _ = behaviour.(Disconnecter)
	h.publish, _ = behaviour.(Publisher)
	h.update, _ = behaviour.(Updater)
	h.alarm, _ = behaviour.(Alarmer)
	h.fetch, _ = behaviour.(Fetcher)
	return h
}

// announces reports whether the behaviour is told of streams that come and go.
func (h *hooks) announces() bool { return h.connect != nil || h.disconnect != nil }
