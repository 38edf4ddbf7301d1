package clew

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/propagation"

	"github.com/clewhq/clew/propagators"
)

// formats are the context formats that this process speaks.
type formats struct {
	chosen    propagators.Propagator        // of Inject and Extract
	every     propagators.Propagator        // of Continue and ContinueProcess, which read whatever there is
	toAnybody propagation.TextMapPropagator // of instrumentations, which do not tell friends from strangers
}

// formatVariables choose the context formats; the first that is set decides.
var formatVariables = []string{"CLEW_PROPAGATORS", envMirascope, "OTEL_PROPAGATORS"}

const envMirascope = "MIRASCOPE_PROPAGATOR"

// chooseFormats follows the option, or else the environment. The error is about an option; names that only the
// environment has wrong are told about once.
func (c *setupConfig) chooseFormats() (formats, error) {
	for i, f := range c.more {
		if f.Name == "" || slices.Contains(propagators.Names(), f.Name) ||
			slices.ContainsFunc(c.more[:i], func(other propagators.Format) bool { return other.Name == f.Name }) {
			return formats{}, fmt.Errorf("MoreFormats: the name %q is empty or taken", f.Name)
		}
	}
	names := c.formats
	if names == nil {
		names = c.environmentFormats()
	}
	f := formats{every: propagators.All().With(c.more...)}
	if names == nil {
		f.chosen = f.every
		f.toAnybody = f.chosen.IDsOnly()
	} else {
		var err error
		if f.chosen, err = c.named(names); err != nil {
			return formats{}, err
		}
		if f.toAnybody, err = c.namedForAnybody(names); err != nil {
			return formats{}, err
		}
	}
	if c.share {
		f.toAnybody = f.chosen
	}
	return f, nil
}

// environmentFormats returns nil when nobody chose.
func (c *setupConfig) environmentFormats() []string {
	for _, variable := range formatVariables {
		value := strings.TrimSpace(os.Getenv(variable))
		if value == "" {
			continue
		}
		known := propagators.Names()
		for _, f := range c.more {
			known = append(known, f.Name)
		}
		chosen, unknown := formatNames(variable, value, known)
		if len(unknown) > 0 {
			c.logger.Warn("clew: "+variable+": names that are no context format are ignored",
				"ignored", strings.Join(unknown, ","), "valid", strings.Join(append(known, "none"), ","))
		}
		return chosen // nil if nothing is left of it
	}
	return nil
}

// formatNames splits a list of formats. Mirascope's variable has one name more, and its users expect the session header
// whatever the format.
func formatNames(variable, value string, known []string) (chosen, unknown []string) {
	for name := range strings.SplitSeq(value, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		switch {
		case name == "":
		case name == "none":
			return []string{}, nil
		case name == "composite" && variable == envMirascope:
			chosen = append(chosen, "tracecontext", "b3", "b3multi", "jaeger")
		case slices.Contains(known, name):
			chosen = append(chosen, name)
		default:
			unknown = append(unknown, name)
		}
	}
	if variable == envMirascope && chosen != nil {
		chosen = append(chosen, "mirascope")
	}
	return chosen, unknown
}

// named takes formats by name, to be read and written.
func (c *setupConfig) named(names []string) (propagators.Propagator, error) {
	var more []propagators.Format
	names = slices.Clone(names)
	for _, f := range c.more {
		if i := slices.Index(names, f.Name); i >= 0 {
			names = slices.DeleteFunc(names, func(name string) bool { return name == f.Name })
			f.Default = true // it is written
			more = append(more, f)
		}
	}
	p, err := propagators.New(names...)
	return p.With(more...), err
}

// namedForAnybody is the same for carriers that go to strangers. Baggage is written when somebody has chosen that format
// by name, as with OpenTelemetry alone.
func (c *setupConfig) namedForAnybody(names []string) (propagation.TextMapPropagator, error) {
	const baggage = "baggage"
	others, err := c.named(slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == baggage }))
	if err != nil || !slices.Contains(names, baggage) {
		return others.IDsOnly(), err
	}
	only, err := propagators.New(baggage)
	return propagation.NewCompositeTextMapPropagator(others.IDsOnly(), only), err
}

func activeFormats() propagators.Propagator {
	if in := current.Load(); in != nil {
		return in.formats.chosen
	}
	return propagators.All()
}

func everyFormat() propagators.Propagator {
	if in := current.Load(); in != nil {
		return in.formats.every
	}
	return propagators.All()
}
