import { buffer } from 'node:stream/consumers';
import type { InvoiceDocument, InvoiceRow } from './invoice-document.ts';

// Points: 72 are an inch. A4 is 595 by 842.
const MARGIN = 50;
const WIDTH = 495;
const BOTTOM = 770; // what is below is the footer's
const FIGURES = [{ at: 300, width: 55 }, { at: 360, width: 80 }, { at: 445, width: 100 }] as const;
const WHAT_WIDTH = 245;
const INK = '#1c2430';
const GREY = '#5b6675';
const BLUE = '#0b6bcb';

type Pdf = PDFKit.PDFDocument;

/** An invoice as a PDF on A4: the same bytes whenever it is made from the same words. */
export async function invoicePdf(invoice: InvoiceDocument): Promise<Uint8Array<ArrayBuffer>> {
  // It takes a third of a second and 25 MB to load, which most processes never need.
  const { default: PDFDocument } = await import('pdfkit');
  const pdf = new PDFDocument({
    size: 'A4', bufferPages: true, lang: invoice.lang, displayTitle: true,
    margins: { top: MARGIN, left: MARGIN, right: MARGIN, bottom: 0 }, // pages are broken here, not by the library
    info: { Title: `${invoice.title} ${invoice.number}`, Author: invoice.issuer, CreationDate: invoice.issuedAt },
  });
  drawHead(pdf, invoice);
  drawRows(pdf, invoice);
  drawSums(pdf, invoice);
  drawFooters(pdf, invoice);
  pdf.end();
  return new Uint8Array(await buffer(pdf));
}

interface Place {
  readonly at: number;
  readonly width: number;
  readonly y: number;
}

interface Style {
  readonly size?: number;
  readonly color?: string;
  readonly bold?: boolean;
  readonly align?: 'left' | 'right' | 'center';
}

/** Writes text into a column and gives its height. */
function write(pdf: Pdf, text: string, { at, width, y, ...style }: Place & Style): number {
  const { size = 10, color = INK, bold = false, align = 'left' } = style;
  const shown = printable(text);
  pdf.font(bold ? 'Helvetica-Bold' : 'Helvetica').fontSize(size).fillColor(color);
  const height = pdf.heightOfString(shown, { width, align });
  pdf.text(shown, at, y, { width, align });
  return height;
}

function drawHead(pdf: Pdf, { issuer, title, number, recipient, facts }: InvoiceDocument): void {
  const right = { at: 300, width: 245, align: 'right' } as const;
  write(pdf, issuer, { at: MARGIN, width: 240, y: MARGIN, size: 18, color: BLUE, bold: true });
  write(pdf, title, { ...right, y: MARGIN, size: 18, bold: true });
  write(pdf, number, { ...right, y: MARGIN + 24, size: 11, color: GREY });
  const [top, left] = [120, { at: MARGIN, width: 220 }];
  let y = top + write(pdf, recipient.label, { ...left, y: top, size: 9, color: GREY }) + 2;
  y += write(pdf, recipient.name, { ...left, y, size: 12, bold: true }) + 2;
  y += write(pdf, recipient.country, { ...left, y });
  let factY = top;
  for (const [label, value] of facts) {
    const labelHeight = write(pdf, label, { at: 300, width: 95, y: factY, size: 9, color: GREY });
    factY += Math.max(labelHeight, write(pdf, value, { at: 395, width: 150, y: factY, size: 9, align: 'right' })) + 4;
  }
  pdf.y = Math.max(y, factY) + 24;
}

function drawRows(pdf: Pdf, { columns, rows }: InvoiceDocument): void {
  drawColumns(pdf, columns);
  for (const row of rows) {
    if (pdf.y + rowHeight(pdf, row) > BOTTOM) {
      pdf.addPage();
      pdf.y = MARGIN;
      drawColumns(pdf, columns);
    }
    drawRow(pdf, row);
  }
}

function drawColumns(pdf: Pdf, [what, ...figures]: InvoiceDocument['columns']): void {
  const y = pdf.y;
  pdf.rect(MARGIN, y, WIDTH, 22).fill('#eef3f9');
  const style = { y: y + 7, size: 9, color: '#40506a', bold: true };
  write(pdf, what, { ...style, at: MARGIN + 8, width: WHAT_WIDTH });
  for (const [index, { at, width }] of FIGURES.entries()) {
    write(pdf, figures[index] ?? '', { ...style, at: at - 8, width, align: 'right' });
  }
  pdf.y = y + 22;
}

function rowHeight(pdf: Pdf, { what, when }: InvoiceRow): number {
  const heightOf = (text: string, size: number) =>
    pdf.font('Helvetica').fontSize(size).heightOfString(printable(text), { width: WHAT_WIDTH });
  return heightOf(what, 10) + heightOf(when, 8.5) + 16;
}

function drawRow(pdf: Pdf, row: InvoiceRow): void {
  const [y, height] = [pdf.y, rowHeight(pdf, row)];
  const left = { at: MARGIN + 8, width: WHAT_WIDTH };
  const first = write(pdf, row.what, { ...left, y: y + 7 });
  write(pdf, row.when, { ...left, y: y + 8 + first, size: 8.5, color: GREY });
  for (const [index, text] of [row.quantity, row.unit, row.amount].entries()) {
    const { at = 0, width = 0 } = FIGURES[index] ?? {};
    write(pdf, text, { at: at - 8, width, y: y + 7, align: 'right' });
  }
  pdf.moveTo(MARGIN, y + height).lineTo(MARGIN + WIDTH, y + height).lineWidth(0.5).strokeColor('#dfe4ea').stroke();
  pdf.y = y + height;
}

function drawSums(pdf: Pdf, { sums, total }: InvoiceDocument): void {
  if (pdf.y + 20 * (sums.length + 3) > BOTTOM) {
    pdf.addPage();
    pdf.y = MARGIN;
  }
  let y = pdf.y + 14;
  const [label, figure] = [{ at: 250, width: 180 }, { at: 417, width: 120, align: 'right' }] as const;
  for (const [text, amount] of sums) {
    const height = write(pdf, text, { ...label, y });
    write(pdf, amount, { ...figure, y });
    y += height + 6;
  }
  pdf.moveTo(250, y + 2).lineTo(MARGIN + WIDTH, y + 2).lineWidth(1.2).strokeColor(INK).stroke();
  write(pdf, total[0], { ...label, y: y + 11, size: 13, bold: true });
  write(pdf, total[1], { ...figure, at: 337, width: 200, y: y + 11, size: 13, bold: true });
}

function drawFooters(pdf: Pdf, { number, note, page }: InvoiceDocument): void {
  const { count } = pdf.bufferedPageRange();
  for (let index = 0; index < count; index += 1) {
    pdf.switchToPage(index);
    const style = { y: 795, size: 8, color: GREY };
    write(pdf, note, { ...style, at: MARGIN, width: 290 });
    write(pdf, `${number} · ${page(index + 1, count)}`, { ...style, at: 345, width: 200, align: 'right' });
  }
}

const BEYOND_WINDOWS_1252 = /[^\x20-\x7e\xa1-\xff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]/gu;

/** The library's own fonts have the letters of western Europe. Others become their nearest, or `?`; the page has all. */
function printable(text: string): string {
  const visible = text.normalize('NFC').replaceAll(/\s/gu, ' ').replaceAll(/[\p{Cf}\p{M}]/gu, '');
  const nearest = (odd: string) => odd.normalize('NFKD').replaceAll(/[^\x20-\x7e]/g, '') || '?';
  return visible.replaceAll(BEYOND_WINDOWS_1252, nearest);
}
