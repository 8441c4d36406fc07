// Package kafkatest has brokers in a test's own process misbehave.
package kafkatest

import (
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// RefuseProduced has brokers refuse all that is produced, with
// kerr.TopicAuthorizationFailed, until they are told to take it.
func RefuseProduced(brokers *kfake.Cluster) (allow func()) {
	return refuse(brokers, func(produce *kmsg.ProduceRequest) kmsg.Response {
		resp := produce.ResponseKind().(*kmsg.ProduceResponse)
		for _, topic := range produce.Topics {
			rt := kmsg.NewProduceResponseTopic()
			rt.Topic, rt.TopicID = topic.Topic, topic.TopicID
			for _, p := range topic.Partitions {
				rp := kmsg.NewProduceResponseTopicPartition()
				rp.Partition, rp.ErrorCode = p.Partition, kerr.TopicAuthorizationFailed.Code
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp
	})
}

// RefuseCommits has brokers refuse every commit of offsets, with
// kerr.GroupAuthorizationFailed, until they are told to take it.
func RefuseCommits(brokers *kfake.Cluster) (allow func()) {
	return refuse(brokers, func(commit *kmsg.OffsetCommitRequest) kmsg.Response {
		resp := commit.ResponseKind().(*kmsg.OffsetCommitResponse)
		for _, topic := range commit.Topics {
			rt := kmsg.NewOffsetCommitResponseTopic()
			rt.Topic, rt.TopicID = topic.Topic, topic.TopicID
			for _, p := range topic.Partitions {
				rp := kmsg.NewOffsetCommitResponseTopicPartition()
				rp.Partition, rp.ErrorCode = p.Partition, kerr.GroupAuthorizationFailed.Code
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp
	})
}

// RefuseFetches has brokers refuse to have any partition read, with
// kerr.TopicAuthorizationFailed, until they are told to allow it. It returns how often
// they have refused.
func RefuseFetches(brokers *kfake.Cluster) (allow func(), refused func() int) {
	var n atomic.Int64
	allow = refuse(brokers, func(fetch *kmsg.FetchRequest) kmsg.Response {
		n.Add(1)
		resp := fetch.ResponseKind().(*kmsg.FetchResponse)
		for _, topic := range fetch.Topics {
			rt := kmsg.NewFetchResponseTopic()
			rt.Topic, rt.TopicID = topic.Topic, topic.TopicID
			for _, p := range topic.Partitions {
				rp := kmsg.NewFetchResponseTopicPartition()
				rp.Partition, rp.ErrorCode = p.Partition, kerr.TopicAuthorizationFailed.Code
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp
	})
	return allow, func() int { return int(n.Load()) }
}

// RefuseProducers has brokers give no producer ids, with
// kerr.ClusterAuthorizationFailed, until they are told to.
func RefuseProducers(brokers *kfake.Cluster) (allow func()) {
	return refuse(brokers, func(init *kmsg.InitProducerIDRequest) kmsg.Response {
		resp := init.ResponseKind().(*kmsg.InitProducerIDResponse)
		resp.ErrorCode = kerr.ClusterAuthorizationFailed.Code
		return resp
	})
}

// refuse has brokers answer requests of a sort with a refusal until they are told to
// carry them out.
func refuse[R kmsg.Request](brokers *kfake.Cluster, refusal func(R) kmsg.Response) (allow func()) {
	var none R
	var allowed atomic.Bool
	brokers.ControlKey(none.Key(), func(req kmsg.Request) (kmsg.Response, error, bool) {
		brokers.KeepControl()
		if allowed.Load() {
			return nil, nil, false
		}
		return refusal(req.(R)), nil, true
	})
	return func() { allowed.Store(true) }
}
