package kafka_test

import (
	"context"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/kafka"
)

func TestConfigValidate(t *testing.T) {
	good := config(t, "127.0.0.1:9092", "broker.example:19092", "[::1]:9092")
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for complaint, spoil := range map[string]func(*kafka.Config){
		"Brokers is required":     func(c *kafka.Config) { c.Brokers = nil },
		`"broker" is not`:         func(c *kafka.Config) { c.Brokers = []string{"broker"} },
		`":9092" is not`:          func(c *kafka.Config) { c.Brokers = []string{":9092"} },
		`"broker:0" is not`:       func(c *kafka.Config) { c.Brokers = []string{"broker:0"} },
		`"broker:65536" is not`:   func(c *kafka.Config) { c.Brokers = []string{"broker:65536"} },
		"Logger is required":      func(c *kafka.Config) { c.Logger = nil },
		"Probe must not":          func(c *kafka.Config) { c.Probe = -1 },
		"SASL wants a Mechanism":  func(c *kafka.Config) { c.SASL = kafka.SASL{User: "alice"} },
		`"PLAIN" is none`:         func(c *kafka.Config) { c.SASL = kafka.SASL{Mechanism: "PLAIN", User: "a", Password: "b"} },
		"SASL wants User and Pas": func(c *kafka.Config) { c.SASL = kafka.SASL{Mechanism: kafka.MechanismPlain, User: "a"} },
	} {
		bad := good
		spoil(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("want %q: %v", complaint, err)
		}
		if p, err := kafka.OpenProducer(kafka.ProducerConfig{Config: bad, Topic: "out"}); err == nil || p != nil {
			t.Errorf("%s: a producer opened", complaint)
		}
		if c, err := kafka.OpenConsumer(kafka.ConsumerConfig{Config: bad, Topic: "in"}); err == nil || c != nil {
			t.Errorf("%s: a consumer opened", complaint)
		}
	}
}

func TestTopicsValidate(t *testing.T) {
	publish := func(context.Context, actors.Publication) (actors.Receipt, error) { return actors.Receipt{}, nil }
	cfg := config(t, "127.0.0.1:9092")
	for topic, good := range map[string]bool{
		"events": true, "a.b_c-D9": true, strings.Repeat("t", 249): true,
		"": false, ".": false, "..": false, "a b": false, "a/b": false, "ä": false, strings.Repeat("t", 250): false,
	} {
		if err := (kafka.ProducerConfig{Config: cfg, Topic: topic}).Validate(); (err == nil) != good {
			t.Errorf("produce to %q: %v", topic, err)
		}
		if err := (kafka.ConsumerConfig{Config: cfg, Topic: topic, Produced: "out", Publish: publish}).Validate(); (err == nil) != good {
			t.Errorf("consume %q: %v", topic, err)
		}
	}
	for complaint, c := range map[string]kafka.ConsumerConfig{
		"round for ever":      {Config: cfg, Topic: "x", Produced: "x", Publish: publish},
		"Publish is required": {Config: cfg, Topic: "x"},
		"Patience must not":   {Config: cfg, Topic: "x", Publish: publish, Patience: -1},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("want %q: %v", complaint, err)
		}
	}
	if err := (kafka.ProducerConfig{Config: cfg, Topic: "x", BufferBytes: -1}).Validate(); err == nil {
		t.Error("a negative buffer is taken")
	}
}
