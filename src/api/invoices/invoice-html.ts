import { html } from 'hono/html';
import type { InvoiceDocument } from './invoice-document.ts';

/** An invoice as a page that needs nothing from outside, for the screen and for A4 paper. */
export const invoiceHtml = (invoice: InvoiceDocument) => html`<!doctype html>
<html lang="${invoice.lang}">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>${invoice.title} ${invoice.number}</title>
    <link rel="icon" href="data:," />
    <style>
      @page { size: A4; margin: 18mm 16mm; }
      body { margin: 0; background: #f2f4f7; color: #1c2430; font: 15px/1.5 system-ui, Helvetica, Arial, sans-serif; }
      main {
        box-sizing: border-box; max-width: 210mm; margin: 2rem auto; padding: 3rem 3.2rem;
        background: #fff; border-radius: 0.5rem; box-shadow: 0 1px 4px #0002;
      }
      header, .parties { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 1rem 3rem; }
      .issuer { color: #0b6bcb; font-size: 1.5rem; font-weight: 700; }
      h1 { margin: 0; font-size: 1.5rem; line-height: 1.2; text-align: right; }
      h1 small { display: block; margin-top: 0.2rem; color: #5b6675; font-size: 1rem; font-weight: 400; }
      .parties { margin: 2.5rem 0; }
      .parties > div { flex: 1 1 14rem; }
      .label, dt { color: #5b6675; font-size: 0.85rem; }
      .name { font-size: 1.1rem; font-weight: 600; overflow-wrap: anywhere; }
      dl { flex: 1 1 18rem; display: grid; grid-template-columns: auto 1fr; gap: 0.2rem 1rem; margin: 0; }
      dl { align-content: start; align-items: baseline; }
      dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
      table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
      thead { display: table-header-group; }
      tr { break-inside: avoid; }
      th { padding: 0.5rem 0.6rem; background: #eef3f9; color: #40506a; font-size: 0.85rem; text-align: left; }
      td { padding: 0.6rem; border-bottom: 1px solid #e3e7ed; vertical-align: top; }
      td small { display: block; color: #5b6675; }
      .figure { text-align: right; white-space: nowrap; }
      .sums { width: auto; min-width: 55%; margin: 1.2rem 0 0 auto; break-inside: avoid; }
      .sums td { padding: 0.3rem 0.6rem; border: 0; }
      .sums .total td { padding-top: 0.6rem; border-top: 2px solid #1c2430; font-size: 1.2rem; font-weight: 700; }
      footer { margin-top: 3rem; color: #5b6675; font-size: 0.85rem; }
      @media (max-width: 40rem) {
        main { margin: 0; padding: 1.5rem 1rem; border-radius: 0; }
        h1 { text-align: left; }
        .unit { display: none; }
        .sums { width: 100%; }
      }
      @media print {
        body { background: none; font-size: 10pt; }
        main { max-width: none; margin: 0; padding: 0; box-shadow: none; }
        .parties { margin: 2rem 0; }
        th { print-color-adjust: exact; }
        td { padding: 0.4rem 0.6rem; }
        footer { margin-top: 1.5rem; }
      }
    </style>
  </head>
  <body>
    <main>
      <header>
        <div class="issuer">${invoice.issuer}</div>
        <h1>${invoice.title}<small>${invoice.number}</small></h1>
      </header>
      <section class="parties">
        <div>
          <div class="label">${invoice.recipient.label}</div>
          <div class="name">${invoice.recipient.name}</div>
          <div>${invoice.recipient.country}</div>
        </div>
        <dl>${invoice.facts.map(([label, value]) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>
      </section>
      ${lines(invoice)}
      ${sums(invoice)}
      <footer>${invoice.note}</footer>
    </main>
  </body>
</html>`;

const lines = ({ columns: [what, quantity, unit, amount], rows }: InvoiceDocument) => html`<table>
        <thead>
          <tr>
            <th>${what}</th><th class="figure">${quantity}</th>
            <th class="figure unit">${unit}</th><th class="figure">${amount}</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map((row) => html`<tr>
            <td>${row.what}<small>${row.when}</small></td>
            <td class="figure">${row.quantity}</td>
            <td class="figure unit">${row.unit}</td><td class="figure">${row.amount}</td>
          </tr>`)}
        </tbody>
      </table>`;

const sums = ({ sums: parts, total: [label, amount] }: InvoiceDocument) => html`<table class="sums">
        <tbody>
          ${parts.map(([part, figure]) => html`<tr><td>${part}</td><td class="figure">${figure}</td></tr>`)}
          <tr class="total"><td>${label}</td><td class="figure">${amount}</td></tr>
        </tbody>
      </table>`;
