// Package price says what a model call cost, from data that is part of the
// program: no network is asked. It knows prices of tokens; what it can't price
// exactly it doesn't price, so that unknown is never 0.
//
// # Data
//
// data/prices.json is taken from the genai-prices package (MIT, data/LICENSE) by
// `make prices`; the file names version and date. A [Book] may have more on top:
// a file in the same format, or in LiteLLM's, whose models are asked first.
//
// # Arithmetic
//
// A price is a whole number of 1e-12 dollars for a million tokens, which holds
// every price in the data. What a call cost is the sum of tokens times price in
// 128 bits, divided once by a million and rounded half up to [trace.Money], 1e-12
// dollars. Costs are whole numbers from there on: sums are exact.
//
// # Rules
//
//   - The model that answered is looked up before the one that was asked for, at
//     its provider; a provider that nobody knows is found by the model's name.
//   - The price is that of the span's time; prices by time of day count in UTC.
//   - Cached tokens are part of the input (see [trace.Usage]): what was read from
//     and written to a cache is priced as such and the rest as input. Where a
//     price for a part is missing, the part costs what the whole does.
//   - A tier goes by the whole input and then holds for all tokens of the call.
//   - A batch costs what the data says, else half.
package price
