package persistence_test

import (
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/persistencetest"
)

func TestMemoryStore(t *testing.T) {
	persistencetest.Run(t, func(*testing.T) persistencetest.Subject {
		return persistencetest.Subject{
			Open: func(_ *testing.T, history int) persistence.Store {
				return persistence.NewMemoryStore(persistence.MemoryConfig{History: history})
			},
		}
	})
}

func TestMemoryStoreLife(t *testing.T) {
	s := persistence.NewMemoryStore(persistence.MemoryConfig{Life: 42})
	if got := s.Life().Epoch; got != 42 {
		t.Fatalf("life is %d, want 42", got)
	}
}

func TestMemoryConfigValidate(t *testing.T) {
	for history, ok := range map[int]bool{-1: false, 0: true, 1: true, persistence.MaxHistory: true, persistence.MaxHistory + 1: false} {
		if err := (persistence.MemoryConfig{History: history}).Validate(); (err == nil) != ok {
			t.Errorf("history of %d: %v", history, err)
		}
	}
}
