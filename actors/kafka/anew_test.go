package kafka_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/parlor-sse/parlor/actors/kafka"
)

// anew deletes a topic, and makes one of that name with another number of partitions.
func anew(t *testing.T, broker *kfake.Cluster, topic string, partitions int32) {
	t.Helper()
	if err := broker.DeleteTopic(topic); err != nil {
		t.Fatal(err)
	}
	if err := broker.CreateTopic(topic, partitions, nil); err != nil {
		t.Fatal(err)
	}
}

// shortly has a delivery fail soon enough for a test to see several.
func shortly(c *kafka.ProducerConfig) { c.Delivery = time.Second }

// TestProduceAnew has rooms deliver to a topic that is deleted and made again, and has
// fewer partitions then.
func TestProduceAnew(t *testing.T) {
	t.Parallel()
	broker := brokers(t, kfake.SeedTopics(3, "out"))
	cfg := config(t, broker.ListenAddrs()...)
	p := produce(t, cfg, shortly)
	const rooms = 10
	each := func(list func(name string)) {
		var work sync.WaitGroup
		for n := range rooms {
			work.Go(func() { list(fmt.Sprintf("r%d", n)) })
		}
		work.Wait()
	}
	each(func(name string) { insist(t, p, room(name), messages(1, 3)) })
	anew(t, broker, "out", 2)
	each(func(name string) {
		insist(t, p, room(name), messages(1, 3))
		insist(t, p, room(name), messages(4, 6))
	})
	wantInOrder(t, read(t, cfg, "out", 6*rooms), rooms, 6)
}

// TestOversizeAnew delivers messages that are too large to a topic, and to the next
// one of its name.
func TestOversizeAnew(t *testing.T) {
	t.Parallel()
	broker := brokers(t, kfake.SeedTopics(1, "out"), kfake.BrokerConfigs(map[string]string{"message.max.bytes": "1000"}))
	cfg := config(t, broker.ListenAddrs()...)
	p := produce(t, cfg, shortly)
	large := messages(1, 1)
	large[0].Data = fmt.Appendf(nil, `{"n":%q}`, incompressible(3000))
	insist(t, p, room("a"), large)
	anew(t, broker, "out", 1)
	insist(t, p, room("a"), large)
	for _, r := range read(t, cfg, "out", 1) {
		if why, _ := header(r, kafka.HeaderError); why != kafka.ErrorTooLarge {
			t.Errorf("%s has error %q", r.Key, why)
		}
	}
}

// TestConsumeAnew consumes a topic that is deleted and made again.
func TestConsumeAnew(t *testing.T) {
	t.Parallel()
	broker := brokers(t, kfake.SeedTopics(2, "in"))
	cfg := config(t, broker.ListenAddrs()...)
	system := rooms(t)
	c := consume(t, cfg, system.Publish)
	defer closed(t, c)
	write(t, cfg, numbered("a", 1, 20)...)
	wantNumbered(t, system, 20, "a")
	anew(t, broker, "in", 1)
	write(t, cfg, numbered("a", 21, 40)...)
	wantNumbered(t, system, 40, "a")
}
