package clew_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// snippetHead is what the code in the documentation takes for granted: packages, and names that its reader is to replace.
const snippetHead = `package snippet

import (
	"context"
	"database/sql"
	"encoding/json"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
	"github.com/clewhq/clew/clewtest"
	"github.com/clewhq/clew/llm"
	"github.com/clewhq/clew/llmhttp"
	"github.com/clewhq/clew/propagators"
	"github.com/clewhq/clew/redact"
)

type Job struct {
	ID      string
	Context propagators.Map
}

type Row struct{ Context, SpanContext string }

type Account struct{ Name, Password string }

type Document struct{ Title, Text string }

var (
	ctx                   context.Context
	err                   error
	question, query, addr string
	answer                string
	row                   Row
	rows                  []Row
	jobs                  []Job
	db                    *sql.DB
	payload               json.RawMessage
	key, formerKey        []byte
	fromInside            func(*http.Request) bool
	sendMail              func(context.Context) error
	report                func(context.Context, Row) error
	id                    string
	job                   Job
	t                     *testing.T
	ask                   func(context.Context, string) (string, error)
	open                  func(context.Context, Account) (int, error)
	embed                 func(context.Context, Document) ([]float64, error)
	mux                   *http.ServeMux
	user                  http.HandlerFunc
	askModel              func(context.Context) (string, error)
	model                 struct{ Ask func(context.Context, string) (string, error) }
	openai                struct{ NewClient func(...any) any }
	option                struct{ WithHTTPClient, WithMiddleware func(any) any }
)

func _() error {
`

const snippetTail = "\nreturn nil\n}\n"

// TestCodeInTheDocumentationCompiles checks the types of the Go code in README, guides and package comments. What a
// reader leaves unused is no error.
func TestCodeInTheDocumentationCompiles(t *testing.T) {
	imports := exported(t)
	for where, code := range snippets(t) {
		t.Run(where, func(t *testing.T) {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, "snippet.go", snippetHead+code+snippetTail, 0)
			if err != nil {
				t.Fatalf("%v in:\n%s", err, code)
			}
			config := types.Config{Importer: importer.ForCompiler(fset, "gc", imports), Error: func(err error) {
				if e, ok := errors.AsType[types.Error](err); !ok || !e.Soft {
					t.Errorf("%v in:\n%s", err, code)
				}
			}}
			_, _ = config.Check("snippet", fset, []*ast.File{file}, nil) // Error has seen every error
		})
	}
}

// snippets returns the Go code by the place where it stands.
func snippets(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, text := range guides(t) {
		for i, part := range strings.Split(text, "\n```go\n") {
			if code, _, closed := strings.Cut(part, "\n```"); i > 0 && closed {
				out[fmt.Sprintf("%s %d", name, i)] = code
			}
		}
	}
	for _, name := range []string{"doc.go", "clewhttp/doc.go", "llmhttp/doc.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		var p comment.Parser
		for i, block := range p.Parse(file.Doc.Text()).Content {
			if code, ok := block.(*comment.Code); ok {
				out[fmt.Sprintf("%s block %d", name, i)] = code.Text
			}
		}
	}
	if len(out) < 10 {
		t.Fatalf("only %d snippets were found", len(out))
	}
	return out
}

// exported looks up what the compiler exported of the packages that snippets import.
func exported(t *testing.T) importer.Lookup {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}",
		"github.com/clewhq/clew/clewhttp", "github.com/clewhq/clew/clewtest", "github.com/clewhq/clew/llmhttp", "testing/synctest", "log", "os", "os/exec", "database/sql")
	cmd.Stderr = os.Stderr
	list, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(list)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		files[path] = file
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(files[path]) }
}
