package actors

// kinds are the sorts of rooms there are, by name. They never change.
type kinds map[string]*Kind

// newKinds returns the kinds of a program, and those that are always there.
func newKinds(cfg *Config) kinds {
	all := kinds{}
	users := Kind{Name: userKind, Private: true, New: func() any { return nil }}
	room := Kind{Name: DefaultKind, Update: cfg.Update, New: func() any { return broker{} }}
	for _, k := range append([]Kind{room, users}, cfg.Kinds...) {
		k = k.withDefaults()
		all[k.Name] = &k
	}
	return all
}

func (k kinds) has(name string) bool { return k[name] != nil }
