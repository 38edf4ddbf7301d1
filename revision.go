package clew

import (
	"cmp"
	"runtime/debug"
	"sync"

	"go.opentelemetry.io/otel/attribute"
)

// keyRevision is which version of a function made the span.
const keyRevision = attribute.Key("clew.revision")

// Revision writes on the span which version of the code made it; "" stands for the program's own, see BuildRevision. It
// is in the attribute clew.revision.
func Revision(version string) SpanOption {
	return spanOption(func(c *spanConfig) {
		if v := cmp.Or(version, BuildRevision()); v != "" {
			attrOption{keyRevision.String(v)}.applySpan(c)
		}
	})
}

// BuildRevision is the commit that the running program was built from, followed by +dirty if files were changed, or else
// the version of its module. It is "" if the build does not know, as in tests. Setup uses it as service.version unless
// there is another.
func BuildRevision() string { return buildRevision() }

var buildRevision = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return revisionOf(info)
})

func revisionOf(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	switch revision := settings["vcs.revision"]; {
	case revision != "" && settings["vcs.modified"] == "true":
		return revision + "+dirty"
	case revision != "":
		return revision
	case info.Main.Version == "(devel)":
		return ""
	}
	return info.Main.Version
}
