// Package bench is the command parlor bench: it measures what a server of event
// streams costs and how fast it is, against the floor that the machine allows
// and against other servers, in the same run and with the same client.
//
// The process that the user starts only directs. The server, the readers, the
// publisher and the floor server are processes of their own, so that each one's
// processor time and memory can be read separately.
package bench
