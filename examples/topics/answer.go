package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront/auth"
)

const typeJSON = "application/json; charset=utf-8"

// write answers with a value.
func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", typeJSON)
	w.WriteHeader(status)
	_, _ = w.Write(toJSON(v)) // the answer is in memory, and small
}

// toJSON returns a struct of texts and numbers, of which marshalling can't fail.
func toJSON(v any) []byte {
	b, _ := marshal(v)
	return b
}

// marshal returns v as JSON in which nothing is escaped that need not be.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), err
}

// failureJSON returns the body of an answer that is not success.
func failureJSON(msg string) []byte {
	return toJSON(struct {
		Success bool   `json:"success"`
		Msg     string `json:"msg"`
	}{false, msg})
}

// fail answers with what is wrong.
func fail(w http.ResponseWriter, status int, msg string) {
	write(w, status, json.RawMessage(failureJSON(msg)))
}

// unauthorized says why a request's user is not known, and with which status.
func unauthorized(err error) (status int, msg string) {
	if refused, ok := errors.AsType[*auth.Error](err); ok {
		return http.StatusUnauthorized, "Token is not valid: " + refused.Message
	}
	if errors.Is(err, errTwoTokens) {
		return http.StatusBadRequest, err.Error()
	}
	return http.StatusUnauthorized, err.Error()
}

// answer answers with a value, or with the service's error if there is one.
func answer(w http.ResponseWriter, err error, v any) {
	refusal, refused := errors.AsType[*actors.Refusal](err)
	switch {
	case err == nil:
		write(w, http.StatusOK, v)
	case refused:
		fail(w, refusal.Status, refusal.Message)
	case actors.Retryable(err):
		w.Header().Set("Retry-After", "1")
		fail(w, http.StatusServiceUnavailable, "The service is not available just now, try again")
	case errors.Is(err, actors.ErrUnknownOutcome):
		fail(w, http.StatusGatewayTimeout, "Nobody knows whether it was done")
	default:
		fail(w, http.StatusInternalServerError, "Server error")
	}
}

// read decodes a request's body, which is one JSON object and nothing else. If it
// reports false, the request has been answered; complaint says what was wanted.
func read(w http.ResponseWriter, r *http.Request, v any, complaint string) bool {
	contentType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || contentType != "application/json" {
		fail(w, http.StatusUnsupportedMediaType, "The Content-Type has to be application/json")
		return false
	}
	dec := json.NewDecoder(r.Body)
	if dec.Decode(v) != nil || dec.Decode(new(json.RawMessage)) != io.EOF {
		fail(w, http.StatusBadRequest, complaint)
		return false
	}
	return true
}
