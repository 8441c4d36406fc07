// Package auth verifies JSON Web Tokens and says what they grant. It reads
// key files when it is told to and is pure besides: no network, and no clock but
// the one it is handed.
//
// A token is trusted for its signature alone. With which algorithms a key may be
// used is a matter of the key, never of the token, which can only choose among
// the keys that the Verifier has. What a token grants is its claim "parlor", an
// object with the members of Grants:
//
//	{
//	  "sub": "ann",
//	  "exp": 1900000000,
//	  "parlor": {"subscribe": ["news-*", "lobby"], "publish": ["lobby"], "presence": true}
//	}
package auth
