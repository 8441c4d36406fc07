package cli

import "runtime/debug"

// module is the path by which a build names Parlor.
const module = "github.com/parlor-sse/parlor"

// Version returns Parlor's version in a build, "dev" for a build that has none.
// The build may be of another program, which has Parlor as a dependency. A nil
// info counts as a build without a version.
func Version(info *debug.BuildInfo) string {
	if info == nil {
		return "dev"
	}
	parlor := &info.Main
	for _, dep := range info.Deps {
		if dep.Path == module {
			parlor = dep
		}
	}
	if parlor.Replace != nil {
		parlor = parlor.Replace
	}
	if parlor.Version == "" || parlor.Version == "(devel)" {
		return "dev"
	}
	return parlor.Version
}
