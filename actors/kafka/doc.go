// Package kafka carries messages between rooms and Apache Kafka: a Producer
// takes a copy of what rooms have committed to a topic, and a Consumer publishes
// to rooms what others have written to another topic.
//
// Both deliver at least once. A record carries the id of its message, and a
// message that came from a record has the record's place as its Idempotency-Key,
// so that whoever wants each of them once can tell.
package kafka
