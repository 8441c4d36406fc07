package remoting

import (
	"context"
	"fmt"

	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc/codes"
	grpcpeer "google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// server answers other nodes. gRPC calls its methods, each call in a goroutine of
// its own.
type server struct {
	remote.UnimplementedRemotingServer
	r *Remote
}

// Receive implements remote.RemotingServer: it takes the messages of one node for
// as long as the stream lasts.
func (s *server) Receive(stream remote.Remoting_ReceiveServer) (err error) {
	r := s.r
	name, err := r.authenticate(stream.Context())
	if err != nil {
		r.metrics.refuse(refusedCertificate)
		r.log.Warn("stream refused", "node", name, "err", err)
		return status.Error(codes.PermissionDenied, "not a node that may send here")
	}
	in := &inStream{remote: r, stream: stream, name: name}
	defer func() {
		if cause := recover(); cause != nil {
			r.metrics.refuse(refusedPanic)
			r.log.Error("stream ended in a panic", "node", name, "panic", fmt.Sprint(cause))
			err = status.Error(codes.Internal, "internal error")
		}
		in.ended()
	}()
	return in.run()
}

// ListProcesses implements remote.RemotingServer. Nodes do not make this call.
func (s *server) ListProcesses(context.Context, *remote.ListProcessesRequest) (*remote.ListProcessesResponse, error) {
	return nil, s.refuse("ListProcesses")
}

// GetProcessDiagnostics implements remote.RemotingServer. Nodes do not make this
// call.
func (s *server) GetProcessDiagnostics(context.Context, *remote.GetProcessDiagnosticsRequest) (*remote.GetProcessDiagnosticsResponse, error) {
	return nil, s.refuse("GetProcessDiagnostics")
}

func (s *server) refuse(call string) error {
	s.r.metrics.refuse(refusedMethod)
	s.r.log.Warn("call refused", "call", call)
	return status.Error(codes.PermissionDenied, "nodes do not make this call")
}

// authenticate returns the name of the node at the other end of a stream, which
// is empty without TLS.
func (r *Remote) authenticate(ctx context.Context) (name string, err error) {
	if r.cfg.Server == nil {
		return "", nil
	}
	p, ok := grpcpeer.FromContext(ctx)
	if !ok {
		return "", errStranger
	}
	if name, err = nameIn(p.AuthInfo); err != nil {
		return "", err
	}
	if r.cfg.Allow != nil && !r.cfg.Allow(name) {
		return name, errStranger
	}
	return name, nil
}

// mayCall reports whether a node may say that it is at an address. Without TLS
// anybody may.
func (r *Remote) mayCall(name, address string) bool {
	if host, port, err := splitAddress(address); err != nil || host == "" || port == 0 {
		return false
	}
	if r.cfg.Server == nil {
		return true
	}
	there, ok := r.cfg.Node(address)
	return ok && there == name
}
