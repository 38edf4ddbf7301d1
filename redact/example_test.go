package redact_test

import (
	"fmt"

	"github.com/clewhq/clew/redact"
)

func ExampleRules() {
	rules := redact.Rules{redact.Keys("password"), redact.Emails()}
	fmt.Println(rules.Text(`{"login":"ann@example.com","Password":"hunter2"}`))
	fmt.Println(rules.Text("https://example.com/?password=hunter2"))
	// Output:
	// {"login":"[email]","Password":"[redacted]"}
	// https://example.com/?password=[redacted]
}
