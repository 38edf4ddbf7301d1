// Package importtest keeps the direction of imports. Its table says, for each package of this repository, which others
// of ours it may import; its test holds the sources of every module against it, and the SDK's third-party modules
// against a list.
//
// A package that is not in the table fails the test: adding one is a decision about where it stands.
package importtest

// modulePath is the import path of the repository's root module; the other modules are below it.
const modulePath = "github.com/clewhq/clew"

// allowed lists, by path below the root, what a package may import of ours in its non-test files. "." is the root
// package. Tests may import more, except that nothing in the SDK's module imports the server.
var allowed = map[string][]string{
	// The SDK's module.
	".":                   {"propagators", "internal/inherit", "internal/tracer", "internal/export", "internal/otlp", "redact"},
	"propagators":         {"internal/inherit", "internal/jsonstring"},
	"internal/inherit":    {},
	"internal/tracer":     {"internal/inherit"},
	"internal/export":     {"internal/otlp"},
	"internal/jsonstring": {},
	"internal/jsonfit":    {"internal/jsonstring"},
	"internal/otlp":       {"internal/jsonstring"},
	"internal/importtest": {},
	"internal/modeltest":  {}, // for tests of every module
	"internal/servertest": {}, // for tests of every module
	"clewhttp":            {".", "propagators", "internal/tracer"},
	"clewtest":            {"."},
	"llm":                 {"internal/jsonstring"},
	"redact":              {"internal/jsonstring"},
	"llmhttp":             {".", "llm", "internal/jsonfit", "internal/jsonstring"},

	// The server's module.
	"server/internal/trace":               {},
	"server/internal/words":               {},
	"server/internal/query":               {"server/internal/trace", "server/internal/words"},
	"server/internal/dialect":             {"server/internal/trace", "llm"},
	"server/internal/price":               {"server/internal/trace"},
	"server/internal/transcript":          {"server/internal/trace", "server/internal/dialect"},
	"server/internal/continuity":          {"server/internal/trace"},
	"server/internal/live":                {"server/internal/trace"},
	"server/internal/auth":                {},
	"server/internal/backup":              {},
	"server/internal/measure":             {"server/internal/trace"},
	"server/internal/measure/measuretest": {"server/internal/measure"},
	"server/internal/store":               {"server/internal/trace", "server/internal/query", "server/internal/measure"},
	"server/internal/retention":           {"server/internal/store", "server/internal/trace"},
	"server/internal/store/memory":        {"server/internal/store", "server/internal/trace", "server/internal/query", "server/internal/measure"},
	"server/internal/sqlite3":             {},
	"server/internal/store/sqlite":        {"server/internal/sqlite3", "server/internal/store", "server/internal/trace", "server/internal/query", "server/internal/words", "server/internal/measure", "server/internal/backup"},
	"server/internal/store/clickhouse":    {"server/internal/store", "server/internal/trace", "server/internal/query"},
	"server/internal/load":                {},
	"server/internal/store/storetest": {
		"server/internal/store", "server/internal/store/memory", "server/internal/trace", "server/internal/query", "server/internal/measure", "server/internal/measure/measuretest",
	},
	"server/internal/derive": {
		"server/internal/trace", "server/internal/dialect", "server/internal/price", "server/internal/query", "server/internal/store",
	},
	"server/internal/sqlview": {
		"server/internal/trace", "server/internal/derive", "server/internal/dialect", "server/internal/query", "server/internal/store",
	},
	"server/internal/ingest": {
		"server/internal/trace", "server/internal/derive", "server/internal/store", "server/internal/live",
	},
	"server/internal/api": {
		"server/internal/trace", "server/internal/continuity", "server/internal/query", "server/internal/store",
		"server/internal/live", "server/client", "server/internal/decode", "server/internal/derive", "server/internal/dialect",
		"server/internal/price", "server/internal/transcript", "server/internal/sqlview", "server/internal/measure", "server/internal/backup",
	},
	// Decoding a pasted context must agree with the SDK about every format, so it reads with the SDK's own package.
	"server/internal/decode": {"propagators", "server/client"},
	"server/internal/compat": {
		"server/internal/trace", "server/internal/query", "server/internal/store", "server/internal/live",
	},
	"server/internal/demo":     {".", "clewhttp", "llm", "llmhttp", "propagators", "server/client", "server/internal/terminal"},
	"server/client":            {},
	"server/internal/terminal": {"server/client", "server/internal/trace"},
	"server/web":               {},
	"server": { // only the wiring knows which engine runs
		"server/internal/api", "server/internal/auth", "server/internal/backup", "server/internal/compat", "server/internal/continuity",
		"server/internal/derive", "server/internal/ingest", "server/internal/live", "server/internal/price",
		"server/internal/query", "server/internal/retention", "server/internal/store", "server/internal/store/clickhouse",
		"server/internal/store/memory", "server/internal/store/sqlite", "server/internal/trace", "server/web",
	},
	"server/cmd/clew": {".", "server", "server/client", "server/internal/backup", "server/internal/load", "server/internal/decode", "server/internal/demo", "server/internal/terminal"},

	// Modules that use all of this as anybody would.
	"examples": {".", "clewhttp", "clewtest", "llm", "llmhttp", "propagators"},
	"bench":    {".", "clewhttp", "propagators", "internal/tracer"},
	"interop":  {".", "clewhttp", "contrib", "llmhttp", "propagators", "server/client", "internal/modeltest", "internal/servertest"},
	"chain":    {".", "clewhttp", "contrib", "propagators"},

	// Adapters to other people's libraries, one module each: users of the SDK like any other.
	"contrib": {".", "clewhttp", "propagators"},
}

// family lists folders whose packages all follow the folder's own line in the table: one adapter, one example, one
// foreign protocol each.
var family = []string{"bench", "contrib", "examples", "interop", "server/internal/compat", "server/internal/demo"}

// otelModules are what OpenTelemetry's Go API and SDK bring.
var otelModules = []string{
	"github.com/cespare/xxhash/v2",
	"github.com/go-logr/logr",
	"github.com/go-logr/stdr",
	"github.com/google/uuid",
	"go.opentelemetry.io/auto/sdk",
	"go.opentelemetry.io/otel",
	"go.opentelemetry.io/otel/log",
	"go.opentelemetry.io/otel/metric",
	"go.opentelemetry.io/otel/sdk",
	"go.opentelemetry.io/otel/trace",
	"golang.org/x/sys",
}
