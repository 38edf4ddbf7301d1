// The list below a combobox.

interface Props {
  id: string;
  label: string;
  items: { text: string; help: string }[];
  active: number;
  onChoose: (text: string) => void;
}

export function Suggestions({ id, label, items, active, onChoose }: Props) {
  return (
    <ul id={id} role="listbox" aria-label={label}>
      {items.map(({ text, help }, i) => (
        <li
          key={text}
          id={`${id}-${i}`}
          role="option"
          aria-selected={i === active}
          // Before the field loses the focus, and with it the list.
          onMouseDown={(e) => {
            e.preventDefault();
            onChoose(text);
          }}
        >
          {text}
          {help && <span className="muted"> {help}</span>}
        </li>
      ))}
    </ul>
  );
}
