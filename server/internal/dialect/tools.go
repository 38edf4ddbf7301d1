package dialect

import "encoding/json"

// toolList reads definitions of tools in any provider's form.
func toolList(v interface{ Text() string }) []Tool {
	var list []any
	if json.Unmarshal([]byte(v.Text()), &list) != nil {
		return nil
	}
	var out []Tool
	for _, item := range list {
		if s, ok := item.(string); ok { // the AI SDK sends a list of JSON texts
			item, _ = parseJSON(s)
		}
		m, _ := item.(map[string]any)
		if s, ok := m["json_schema"].(string); ok {
			inner, _ := parseJSON(s)
			m, _ = inner.(map[string]any)
		} else if inner, ok := m["json_schema"].(map[string]any); ok {
			m = inner
		}
		if declared, ok := either(m, "functionDeclarations", "function_declarations").([]any); ok { // Gemini
			for _, d := range declared {
				if f, ok := d.(map[string]any); ok {
					out = append(out, toolOf(f))
				}
			}
			continue
		}
		if f, ok := either(m, "function", "toolSpec").(map[string]any); ok {
			m = f
		}
		if t := toolOf(m); t.Name != "" {
			out = append(out, t)
		}
	}
	return out
}

func toolOf(m map[string]any) Tool {
	schema := loose(either(m, "parameters", "input_schema", "inputSchema", "parametersJsonSchema"))
	name := text(m["name"])
	if name == "" {
		name = text(m["type"]) // a provider's own tool, such as web_search
	}
	return Tool{Name: name, Description: text(m["description"]), Parameters: schema}
}
