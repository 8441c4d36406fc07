package remoting

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

const (
	pingEvery  = 10 * time.Second // gRPC allows no less to a client
	pingWithin = 3 * time.Second
)

func (r *Remote) transport() credentials.TransportCredentials {
	if r.cfg.Server == nil {
		return insecure.NewCredentials()
	}
	return newNodeCredentials(&r.cfg, r.metrics)
}

func (r *Remote) serverOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.Creds(r.transport()),
		grpc.MaxRecvMsgSize(r.cfg.MaxMessage),
		grpc.MaxHeaderListSize(16 << 10),
		grpc.MaxConcurrentStreams(8), // of one connection; nodes open one
		grpc.ConnectionTimeout(r.cfg.DialTimeout),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: pingEvery, Timeout: pingWithin}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingEvery / 2, PermitWithoutStream: true}),
		grpc.WaitForHandlers(true),
	}
}

func (r *Remote) dialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithTransportCredentials(r.transport()),
		grpc.WithNoProxy(),
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(),
		grpc.WithIdleTimeout(0), // a connection lives as long as its stream
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.DefaultConfig, MinConnectTimeout: r.cfg.DialTimeout}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingEvery, Timeout: pingWithin}),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(64<<10), // nothing but a greeting comes back
			grpc.MaxCallSendMsgSize(r.cfg.MaxMessage),
		),
	}
}
