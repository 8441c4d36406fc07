package auth_test

import (
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

func Example() {
	key, err := auth.Secret("main", []byte(strings.Repeat("random", 6)))
	if err != nil {
		log.Fatal(err)
	}
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	token, err := auth.Sign(key, key.ID(), map[string]any{
		"sub":    "ann",
		"exp":    noon.Add(time.Hour).Unix(),
		"parlor": auth.Grants{Subscribe: []string{"news-*"}},
	})
	if err != nil {
		log.Fatal(err)
	}

	verifier, err := auth.New(auth.Config{Keys: []auth.Key{key}})
	if err != nil {
		log.Fatal(err)
	}
	claims, err := verifier.Verify(token, noon)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(claims.Subject, claims.MaySubscribe("room", "news-1"), claims.MayPublish("room", "news-1"))

	_, err = verifier.Verify(token, noon.Add(2*time.Hour))
	if e, ok := errors.AsType[*auth.Error](err); ok {
		fmt.Println(e.Reason)
	}
	// Output:
	// ann true false
	// token_expired
}
