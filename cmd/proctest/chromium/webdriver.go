package chromium

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

type object = map[string]any

// elementKey marks a reference to an element, as the protocol has it.
const elementKey = "element-6066-11e4-a52e-4f735466cecf"

// webdriver is one end of the WebDriver protocol: JSON over HTTP.
type webdriver struct {
	base   string // URL of the driver, or of a session at it
	client *http.Client
}

// call sends a command and decodes what it gives into out, unless that is nil.
func (w webdriver) call(method, path string, in, out any) error {
	var body []byte
	if method == http.MethodPost {
		if in == nil {
			in = object{}
		}
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	req, err := http.NewRequest(method, w.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := w.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct{ Value json.RawMessage }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, path, reason(answer.Value))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer.Value, out)
}

// reason returns what the driver says went wrong, without its stack.
func reason(value json.RawMessage) string {
	var failure struct{ Error, Message string }
	if json.Unmarshal(value, &failure) != nil || failure.Error == "" {
		return string(value)
	}
	return failure.Error + ": " + failure.Message
}

// open asks the driver for a browser and returns the end that commands it.
func (w webdriver) open(chromium string, args []string) (webdriver, error) {
	var created struct{ SessionID string }
	err := w.call(http.MethodPost, "/session", object{"capabilities": object{"alwaysMatch": object{
		"browserName":         "chrome",
		"goog:chromeOptions":  object{"binary": chromium, "args": args},
		"goog:loggingPrefs":   object{"browser": "ALL"},
		"timeouts":            object{"script": proctest.Patience.Milliseconds(), "pageLoad": proctest.Patience.Milliseconds()},
		"acceptInsecureCerts": false,
	}}}, &created)
	return webdriver{base: w.base + "/session/" + created.SessionID, client: w.client}, err
}
