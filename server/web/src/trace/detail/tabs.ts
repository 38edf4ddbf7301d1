// THE TABLE of tabs in the detail panel.

import type { ComponentType } from "react";
import type { Span } from "../../api/types.ts";
import { Attributes } from "./attributes.tsx";
import { Content } from "./content.tsx";
import { Events } from "./events.tsx";
import { Links } from "./links.tsx";
import { Model } from "./model.tsx";
import { Raw } from "./raw.tsx";

export interface Tab {
  /** Its name in the URL. */
  id: string;
  label: string;
  component: ComponentType<{ span: Span }>;
  /** A number beside the label; 0 and undefined show none. */
  count?: (span: Span) => number;
}

/** The first is shown when the URL names none. */
export const tabs: Tab[] = [
  { id: "content", label: "Input & output", component: Content },
  { id: "model", label: "Usage", component: Model },
  { id: "attributes", label: "Attributes", component: Attributes, count: (s) => s.attributes.length },
  { id: "events", label: "Events", component: Events, count: (s) => s.events.length },
  { id: "links", label: "Links", component: Links, count: (s) => s.links.length },
  { id: "raw", label: "Raw", component: Raw },
];
