// Package wire is what nodes of a cluster say to each other about rooms, as
// structs and as bytes.
//
// A message is a version byte, 2, a kind byte, and the message's fields as
// protobuf writes them, so that any program can read them that has the schema
// below. Within a version programs of different age understand each other: a
// field that a node does not know is passed over, a field that is missing is
// zero, and a kind that it does not know is ErrVersion; fields and kinds are only
// ever added. A message of another version is ErrVersion, whichever is the older:
// nodes of version 1, which ordered messages and knew no turns, do not mix with
// those of this one.
//
// Nothing that comes in is believed: texts and data have bounds (those of
// package persistence: 255 bytes for names of every sort, 64 for the name of an
// event, 1 MiB for data, and those of turns; and the constants of this package),
// a field of the wrong type is ErrMalformed, and no memory is set aside on the
// word of a length.
//
// Parts of messages:
//
//	message RoomKey    { string kind = 1; string name = 2; }  // neither empty
//	message Position   { uint64 epoch = 1; uint64 seq = 2; }
//	message Span       { uint64 epoch = 1; uint64 first = 2; }
//	message Record     { uint64 epoch = 1; uint64 seq = 2; sint64 time = 3; string event = 4; bytes data = 5; }  // seq not 0
//	message KeyEntry   { uint32 slot = 1; bytes hash = 2; bytes body = 3; uint64 epoch = 4; uint64 seq = 5; sint64 time = 6; uint64 turn = 7; bytes answer = 8; }  // turn not 0
//	message Item       { bytes key = 1; bytes value = 2; }  // key not empty; keys of a list rise
//	message Alarm      { sint64 at = 1; uint32 retry = 2; }
//	message Change     { bool clear = 1; repeated Item puts = 2; repeated bytes deletes = 3; Alarm alarm = 4; }
//	message Turn       { repeated Record records = 1; KeyEntry key = 2; Change change = 3; }
//	message Head       { uint64 turn = 1; bool uneven = 2; Position last = 3; repeated Span lineage = 4; Alarm alarm = 5; uint64 items = 6; uint64 bytes = 7; }
//	message Copy       { Head head = 1; repeated Record history = 2; repeated KeyEntry keys = 3; repeated Item items = 4; }
//	message Subscriber { uint64 id = 1; string client = 2; sint64 since = 3; string user = 4; }
//	message Person     { uint64 id = 1; string client = 2; sint64 since = 3; string user = 4; string node = 5; }
//	message Claim      { uint64 epoch = 1; uint64 holder = 2; uint64 ring = 3; uint64 since = 4; }
//	message Field      { string name = 1; string value = 2; }  // name not empty
//
// Between the copies of a room; field 1 is its RoomKey, and field 2 of all but
// Copied the Claim:
//
//	 1 Prepare  {}
//	 2 Promise  { uint64 life = 3; uint64 accepted = 4; uint64 accepted_ring = 5; uint64 birth = 6; uint64 turn = 7; Position last = 8; uint64 bytes = 9; bool damaged = 10; bool torn = 11; }
//	 3 Refuse   { uint64 promised = 3; uint64 ring = 4; }
//	 4 Fetch    { uint64 accepted = 3; uint64 after = 4; }
//	 5 Fetched  { uint64 accepted = 3; bool partial = 4; bool damaged = 5; repeated Turn turns = 6; Copy log = 7; }
//	 6 Sync     { uint64 birth = 3; uint64 base_accepted = 4; uint64 base_turn = 5; repeated Turn turns = 6; Copy log = 7; }
//	 7 Append   { uint64 first = 3; repeated Turn turns = 4; }
//	 8 Ack      { uint64 life = 3; uint64 turn = 4; }
//	 9 Behind   { uint64 life = 3; uint64 accepted = 4; uint64 turn = 5; }
//	10 Copied   { uint64 accepted = 2; uint64 accepted_ring = 3; uint64 birth = 4; Copy log = 5; }
//	11 Check    { uint64 round = 3; }
//	12 Checked  { uint64 life = 3; uint64 round = 4; }
//
// Between a front and a room's owner; field 1 of the answers is uint32 code:
//
//	16 Publish   { RoomKey room = 1; string event = 2; bytes body = 3; bool stamped = 4; string key = 5; string client = 6; bytes retry = 7; string user = 8; string source = 9; uint64 offset = 10; }
//	17 Published { Position id = 2; bytes data = 3; string durability = 4; sint64 copies = 5; sint64 of = 6; sint64 subscribers = 7; bool duplicate = 8; bytes answer = 9; string reason = 10; string message = 11; uint32 status = 12; bool dropped = 13; }
//	18 Describe  { RoomKey room = 1; }
//	19 Described { string owner = 2; uint64 epoch = 3; uint64 seq = 4; string id = 5; sint64 connection_count = 6; sint64 history = 7; sint64 idle_millis = 8; uint64 turn = 9; uint64 items = 10; uint64 bytes = 11; sint64 alarm = 12; }
//	20 Recall    { RoomKey room = 1; }
//	21 Recalled  { repeated Record records = 2; }
//	22 Call      { RoomKey room = 1; string method = 2; string target = 3; repeated Field header = 4; bytes body = 5; string key = 6; bytes retry = 7; string caller = 8; }
//	23 Called    { uint32 status = 2; repeated Field header = 3; bytes body = 4; bool duplicate = 5; string reason = 6; string message = 7; }
//	24 Create    { RoomKey room = 1; }
//	25 Created   {}
//	28 Muster    { RoomKey room = 1; }
//	29 Mustered  { repeated Person people = 2; sint64 total = 3; }
//	30 Cut       { RoomKey room = 1; string client = 2; }
//	31 CutOff    { sint64 streams = 2; }
//
// Between a front and any node:
//
//	26 Find      { string kind = 1; string id = 2; }  // neither empty
//	27 Found     { uint32 code = 1; RoomKey room = 2; bool ok = 3; }  // a room if ok
//
// On a link; fields 1, 2 and 3 of those from Attach on are uint64 link, uint64 n
// and the RoomKey:
//
//	32 Open     { uint64 link = 1; }
//	33 Reset    { uint64 link = 1; }
//	34 Beat     { uint64 link = 1; uint64 sent = 2; uint64 received = 3; }
//	35 Attach   { Position have = 4; bool known = 5; }
//	36 Detach   {}
//	37 Roster   { repeated Subscriber joins = 4; repeated uint64 leaves = 5; bool all = 6; bool watch = 7; bool list = 8; }
//	38 Attached { repeated Span lineage = 4; repeated uint64 past = 5; Position last = 6; repeated Record history = 7; }
//	39 Frames   { repeated Record records = 4; }
//	40 Update   { bytes data = 4; string event = 5; }
//	41 Targeted { string client = 4; string event = 5; bytes data = 6; string user = 7; }
//	42 Lost     {}
//	43 Kick     { string client = 4; string user = 5; repeated uint64 streams = 6; string by = 7; }
//	44 Presence { uint32 change = 4; repeated Person people = 5; sint64 count = 6; bool more = 7; }
//
// Between nodes:
//
//	48 Contact { bool hears = 1; }
//	49 Adopt   { uint64 ring = 1; repeated RoomKey rooms = 2; }
//	50 Adopted { uint64 ring = 1; repeated RoomKey rooms = 2; }
//	51 Pull    { uint64 ring = 1; RoomKey after = 2; sint64 limit = 3; }
//	52 Pulled  { uint64 ring = 1; repeated PulledCopy copies = 2; RoomKey next = 3; bool more = 4; RoomKey after = 5; }
//	   PulledCopy { RoomKey room = 1; uint64 accepted = 2; uint64 accepted_ring = 3; uint64 birth = 4; Copy copy = 5; }
//
// Of a message too large for one piece:
//
//	64 Offer { uint64 id = 1; uint64 bytes = 2; uint64 sum = 3; RoomKey room = 4; }  // bytes not 0
//	65 Want  { uint64 id = 1; uint64 offset = 2; uint32 n = 3; }
//	66 Part  { uint64 id = 1; uint64 offset = 2; bytes data = 3; }
//	67 Drop  { uint64 id = 1; bool done = 2; }
package wire
