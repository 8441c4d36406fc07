package httpfront

import "encoding/json"

// KafkaStatus is how a node stands with Kafka, as GET /kafka/status tells it.
type KafkaStatus struct {
	Producer    bool // messages can be handed to the broker just now
	Consumer    bool // records can be fetched just now
	Aggregation any  // what the program makes of the records, as JSON; nil for nothing
}

// kafkaStatus answers whether Kafka can be reached; without one it cannot.
func (s *Server) kafkaStatus(rq *request) error {
	var status KafkaStatus
	if s.cfg.Kafka != nil {
		status = s.cfg.Kafka()
	}
	if status.Aggregation == nil {
		status.Aggregation = struct{}{}
	}
	type producer struct {
		Connected bool `json:"connected"`
	}
	type consumer struct {
		Connected          bool `json:"connected"`
		CurrentAggregation any  `json:"currentAggregation"`
	}
	return rq.answer(struct {
		Producer producer `json:"producer"`
		Consumer consumer `json:"consumer"`
	}{producer{status.Producer}, consumer{status.Consumer, status.Aggregation}})
}

// readyJSON tells balancers that the node is ready, and operators what waits for
// sinks: that never makes a node unready, since publishing goes on without them.
func (s *Server) readyJSON() []byte {
	return append(s.appendSinks([]byte(`{"status":"ready"`)), '}')
}

// appendSinks appends how the rooms here get on with their sinks, if there are any.
func (s *Server) appendSinks(dst []byte) []byte {
	sinks := s.rooms.Sinks()
	list, err := json.Marshal(sinks)
	if err != nil || len(sinks) == 0 { // names and numbers can always be marshalled
		return dst
	}
	return append(append(dst, `,"sinks":`...), list...)
}
