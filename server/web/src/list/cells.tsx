// Cells that more than one list has.

import { cost, count, duration, short } from "../model/format.ts";

/**
 * The bar is relative to the longest of the page, by the square root: beside a
 * trace of minutes those of seconds still differ.
 */
export function DurationBar({ ns, longest }: { ns: number; longest: number }) {
  return (
    <span className="duration-bar">
      <span>{duration(ns)}</span>
      <i aria-hidden="true">
        <b style={{ width: `${longest > 0 ? Math.max(1.5, Math.sqrt(ns / longest) * 100) : 0}%` }} />
      </i>
    </span>
  );
}

export function ErrorsCell({ errors }: { errors: number }) {
  return <td className={errors > 0 ? "num bad" : "num none"}>{count(errors)}</td>;
}

export function TokensCell({ input, output }: { input: number | null; output: number | null }) {
  const unknown = input === null && output === null;
  return (
    <td className="num tokens" title={unknown ? "Unknown" : `${count(input)} input, ${count(output)} output`}>
      {unknown ? (
        <span className="none">–</span>
      ) : (
        <>
          {short(input)} <span className="arrow">→</span> {short(output)}
        </>
      )}
    </td>
  );
}

export function CostCell({ dollars }: { dollars: number | null }) {
  const unknown = dollars === null;
  return (
    <td className={unknown ? "num none" : "num"} title={unknown ? "Unknown" : `$${dollars}`}>
      {cost(dollars)}
    </td>
  );
}
