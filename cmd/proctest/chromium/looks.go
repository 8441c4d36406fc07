package chromium

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Look takes pictures of the page in light and dark, wide and narrow, for those
// who run the test with -artifacts, and checks that nothing sticks out of the
// window on either side.
func (p *Tab) Look(name string) {
	p.t.Helper()
	for _, width := range []int{1280, 768, 360} {
		p.cdp("Emulation.setDeviceMetricsOverride", object{
			"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 700,
		}, nil)
		var over int
		p.Run(&over, "return document.documentElement.scrollWidth - document.documentElement.clientWidth;")
		if over > 0 {
			p.t.Errorf("%s is %d pixels wider than a window of %d", name, over, width)
		}
		for _, scheme := range []string{"light", "dark"} {
			p.cdp("Emulation.setEmulatedMedia", object{
				"features": []any{object{"name": "prefers-color-scheme", "value": scheme}},
			}, nil)
			p.picture(fmt.Sprintf("%s %d %s", name, width, scheme))
		}
	}
	p.cdp("Emulation.clearDeviceMetricsOverride", object{}, nil)
}

// picture writes a picture of the whole page to the test's artifacts.
func (p *Tab) picture(name string) {
	p.t.Helper()
	var shot struct{ Data string }
	p.cdp("Page.captureScreenshot", object{"captureBeyondViewport": true}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		p.t.Fatal(err)
	}
	file := filepath.Join(p.t.ArtifactDir(), strings.ReplaceAll(name, " ", "-")+".png")
	if err := os.WriteFile(file, png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
