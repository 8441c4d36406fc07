package actors

// kinds are the sorts of rooms there are, by name. They never change.
type kinds map[string]*Kind

// newKinds returns the kinds of a program, and the default one.
func newKinds(cfg *Config) kinds {
	all := kinds{}
	room := Kind{Name: DefaultKind, Update: cfg.Update, New: func() any { return broker{} }}
	for _, k := range append([]Kind{room}, cfg.Kinds...) {
		k = k.withDefaults()
		all[k.Name] = &k
	}
	return all
}

func (k kinds) has(name string) bool { return k[name] != nil }
