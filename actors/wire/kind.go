package wire

// version is the first byte of every message. It rises only for a change that
// other programs must not read past; fields and kinds are added without.
// Version 1 had messages in the place of turns.
const version = 2

// kind is the second byte of every message.
type kind byte

// The kinds travel: a number is never used again for something else.
const (
	kindPrepare kind = 1
	kindPromise kind = 2
	kindRefuse  kind = 3
	kindFetch   kind = 4
	kindFetched kind = 5
	kindSync    kind = 6
	kindAppend  kind = 7
	kindAck     kind = 8
	kindBehind  kind = 9
	kindCopied  kind = 10
	kindCheck   kind = 11
	kindChecked kind = 12

	kindPublish   kind = 16
	kindPublished kind = 17
	kindDescribe  kind = 18
	kindDescribed kind = 19
	kindRecall    kind = 20
	kindRecalled  kind = 21
	kindCall      kind = 22
	kindCalled    kind = 23
	kindCreate    kind = 24
	kindCreated   kind = 25
	kindFind      kind = 26
	kindFound     kind = 27
	kindMuster    kind = 28
	kindMustered  kind = 29
	kindCut       kind = 30
	kindCutOff    kind = 31

	kindOpen     kind = 32
	kindReset    kind = 33
	kindBeat     kind = 34
	kindAttach   kind = 35
	kindDetach   kind = 36
	kindRoster   kind = 37
	kindAttached kind = 38
	kindFrames   kind = 39
	kindUpdate   kind = 40
	kindTargeted kind = 41
	kindLost     kind = 42
	kindKick     kind = 43
	kindPresence kind = 44

	kindContact kind = 48
	kindAdopt   kind = 49
	kindAdopted kind = 50
	kindPull    kind = 51
	kindPulled  kind = 52

	kindOffer kind = 64
	kindWant  kind = 65
	kindPart  kind = 66
	kindDrop  kind = 67
)
