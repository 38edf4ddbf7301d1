package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"golang.org/x/term"

	sdk "github.com/clewhq/clew"
)

// Keys of OpenTelemetry's conventions for command line programs.
const (
	keyExecutable  = attribute.Key("process.executable.name")
	keyCommandArgs = attribute.Key("process.command_args")
	keyPID         = attribute.Key("process.pid")
	keyExitCode    = attribute.Key("process.exit.code")
	keyErrorType   = attribute.Key("error.type")
)

// Exit codes for commands without one of their own, as shells have them.
const (
	codeNotExecutable = 126
	codeNotFound      = 127
	codeSignal        = 128 // plus the signal's number
)

// sendPatience is how long the end of `clew run` waits for its span to be sent: whoever waits for the command is not to
// wait for a server that is away.
const sendPatience = 5 * time.Second

// runCommand starts a command under a span, with the span's context in its environment, and ends with its exit code.
// Nothing about tracing keeps the command from running.
func runCommand(ctx context.Context, a *app, args []string) error {
	var name, service, session, user string
	var noArgs, verbose bool
	fs := a.flags("run")
	fs.StringVar(&name, "name", "", "`name` of the span (default: the command's)")
	fs.StringVar(&service, "service", "", "`service` that the span is of [OTEL_SERVICE_NAME] (default: the command's name)")
	fs.StringVar(&session, "session", "", "`id` of the session that this and everything below belongs to")
	fs.StringVar(&user, "user", "", "`id` of the user whom it is for")
	fs.BoolVar(&noArgs, "no-args", false, "leave the command's arguments out of the span")
	fs.BoolVar(&verbose, "v", false, "say at the end which trace it was, on standard error")
	if err := parse(fs, args); err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return usageError(fs, "want a command: clew run -- make report")
	}
	command := fs.Args()
	program := strings.TrimSuffix(filepath.Base(command[0]), ".exe")
	warn := func(format string, args ...any) { _, _ = fmt.Fprintf(a.stderr, "clew run: "+format+"\n", args...) }

	var level slog.LevelVar
	level.Set(slog.LevelWarn) // about the environment
	shutdown, err := sdk.Setup(ctx, sdk.ServiceName(cmp.Or(service, a.getenv("OTEL_SERVICE_NAME"), program)),
		sdk.Logger(slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: &level}))))
	level.Set(math.MaxInt) // the rest is told below, once
	if err != nil {
		warn("%v; the command runs without a span", err)
	}
	ctx = sdk.ContinueProcess(context.WithoutCancel(ctx)) // signals are the command's
	if session != "" {
		ctx = sdk.WithSession(ctx, session)
	}
	if user != "" {
		ctx = sdk.WithUser(ctx, user)
	}
	attrs := []attribute.KeyValue{keyExecutable.String(program)}
	if !noArgs {
		attrs = append(attrs, keyCommandArgs.StringSlice(command))
	}
	ctx, span := sdk.Start(ctx, cmp.Or(name, program), sdk.Attr(attrs...))
	code, err := a.execute(ctx, span, command)
	if err != nil {
		warn("%v", err)
		span.RecordError(err)
	}
	span.SetAttributes(keyExitCode.Int(code))
	if code != 0 {
		span.SetAttributes(keyErrorType.String(strconv.Itoa(code)))
		span.OTel().SetStatus(codes.Error, "exit code "+strconv.Itoa(code))
	}
	span.End()

	sending, cancel := context.WithTimeout(ctx, sendPatience)
	defer cancel()
	if err := shutdown(sending); err != nil {
		warn("the span was not sent: %v", err)
	}
	if sc := span.OTel().SpanContext(); verbose && sc.IsSampled() {
		warn("trace %s", sc.TraceID())
	}
	if code != 0 {
		return exitCode(code)
	}
	return nil
}

// execute runs a command to its end with the signals that this process gets, and returns its exit code. The error is
// about one that could not be started.
func (a *app) execute(ctx context.Context, span *sdk.Span, command []string) (code int, err error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = sdk.Environ(ctx)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.stdin, a.stdout, a.stderr
	received := make(chan os.Signal, 16)
	// What this process was started to ignore, by nohup for one, the command ignores too.
	signal.Notify(received, slices.DeleteFunc(slices.Concat(keyboardSignals, otherSignals), signal.Ignored)...)
	defer signal.Stop(received)
	if err := cmd.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
			return codeNotFound, err
		}
		return codeNotExecutable, err
	}
	span.SetAttributes(keyPID.Int(cmd.Process.Pid))
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-received:
			if !a.fromTerminal(s) {
				_ = cmd.Process.Signal(s) // it may have ended just now
			}
		case err := <-ended:
			if cmd.ProcessState == nil {
				return codeNotExecutable, err
			}
			return exitCodeOf(cmd.ProcessState), nil
		}
	}
}

// fromTerminal reports whether the command has got a signal already: a terminal sends those of its keys to everybody in
// the foreground.
func (a *app) fromTerminal(s os.Signal) bool {
	stdin, isFile := a.stdin.(*os.File)
	if !isFile || !term.IsTerminal(int(stdin.Fd())) {
		return false
	}
	return slices.Contains(keyboardSignals, s)
}

func exitCodeOf(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return codeSignal + int(status.Signal())
	}
	return state.ExitCode()
}
