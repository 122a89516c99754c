import { buffer } from 'node:stream/consumers';
import type { InvoiceDocument, InvoiceRow } from './invoice-document.ts';
import { fontFile, type FontName } from './pdf-fonts.ts';
import { layoutText, type Line, type Run } from './pdf-text.ts';

// Points: 72 are an inch. A4 is 595 by 842.
const MARGIN = 50;
const WIDTH = 495;
const BOTTOM = 770; // what is below is the footer's
const FIGURES = [{ at: 292, width: 55 }, { at: 352, width: 80 }, { at: 437, width: 100 }] as const;
const WHAT = { at: MARGIN + 8, width: 235 };
const INK = '#1c2430';
const GREY = '#5b6675';
const BLUE = '#0b6bcb';
const SMALLEST = 5; // a size that can still be read
const LINE_HEIGHT = 1.3; // of the size
const ASCENT = 0.98; // from a line's top to its letters' foot, of the size

/** Scripts that are written in visual order, so a reader gets the words beside them. */
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}]/u;
const COLUMN_HEAD = { scope: 'Column' } as object;
const PDF_UA = 'PDF/UA' as never; // the library knows it, its types do not

type Pdf = PDFKit.PDFDocument;
type Element = ReturnType<Pdf['struct']>;

/** Makes an invoice a tagged PDF on A4 with embedded fonts: the same bytes whenever it is made of the same words. */
export async function invoicePdf(invoice: InvoiceDocument): Promise<Uint8Array<ArrayBuffer>> {
  // It takes a third of a second and 25 MB to load, which most processes never need.
  const { default: PDFDocument } = await import('pdfkit');
  const pdf = new PDFDocument({
    size: 'A4', bufferPages: true, lang: invoice.lang, displayTitle: true, tagged: true, pdfVersion: '1.7',
    subset: PDF_UA,
    font: fontFile('regular'),
    margins: { top: MARGIN, left: MARGIN, right: MARGIN, bottom: 0 }, // pages are broken here, not by the library
    info: { Title: `${invoice.title} ${invoice.number}`, Author: invoice.issuer, CreationDate: invoice.issuedAt },
  });
  const root = pdf.struct('Document');
  pdf.addStructure(root);
  drawHead(pdf, root, invoice);
  drawRows(pdf, root, invoice);
  drawSums(pdf, root, invoice);
  root.end();
  drawFooters(pdf, invoice);
  pdf.end();
  return new Uint8Array(await buffer(pdf));
}

interface Style {
  readonly size?: number;
  readonly color?: string;
  readonly bold?: boolean;
  readonly align?: 'left' | 'right';
}

/** Text as it fits a column. */
interface Block extends Style {
  readonly lines: readonly Line[];
  readonly at: number;
  readonly width: number;
  readonly height: number;
}

/** Lays text out in a column. */
function lay(
  pdf: Pdf,
  text: string,
  { at, width, ...style }: Style & { readonly at: number; readonly width: number },
): Block {
  const { size = 10, bold = false } = style;
  const measure = ({ text: piece, font }: Run) => useFont(pdf, font).fontSize(size).widthOfString(piece);
  const lines = layoutText(text, { width, isBold: bold, measure });
  return { ...style, at, width, lines, height: lines.length * size * LINE_HEIGHT };
}

/** Selects a font; each is read once for a document. */
const useFont = (pdf: Pdf, font: FontName): Pdf => pdf.font(fontFile(font));

/** Writes laid out text, its top at `y`. */
function write(pdf: Pdf, { lines, at, width, size = 10, color = INK, align = 'left' }: Block, y: number): void {
  for (const [index, line] of lines.entries()) {
    let x = align === 'right' ? at + width - line.width : at;
    for (const { text, font } of line.runs) {
      useFont(pdf, font).fontSize(size).fillColor(color);
      pdf.text(text, x, y + (index * LINE_HEIGHT + ASCENT) * size, { lineBreak: false, baseline: 'alphabetic' });
      x += pdf.widthOfString(text);
    }
  }
}

/** Adds an element that reads what `draw` writes. */
const tag = (pdf: Pdf, parent: Element, type: string, draw: () => void): void =>
  void parent.add(pdf.struct(type, {}, draw));

/** Draws what is decoration to a reader. */
function decorate(pdf: Pdf, draw: () => void): void {
  pdf.markContent('Artifact', { type: 'Layout' });
  draw();
  pdf.endMarkedContent();
}

function drawHead(pdf: Pdf, root: Element, { issuer, title, number, recipient, facts }: InvoiceDocument): void {
  const right = { at: 300, width: 245, align: 'right' } as const;
  const put = (type: string, text: string, column: Parameters<typeof lay>[2], y: number): number => {
    const block = lay(pdf, text, column);
    root.add(pdf.struct(type, RIGHT_TO_LEFT.test(text) ? { actual: text } : {}, () => write(pdf, block, y)));
    return y + block.height;
  };
  put('P', issuer, { at: MARGIN, width: 240, size: 18, color: BLUE, bold: true }, MARGIN);
  put('H1', title, { ...right, size: 18, bold: true }, MARGIN);
  put('P', number, { ...right, size: 11, color: GREY }, MARGIN + 26);
  const [top, left] = [120, { at: MARGIN, width: 220 }];
  let y = put('P', recipient.label, { ...left, size: 9, color: GREY }, top) + 2;
  y = put('P', recipient.name, { ...left, size: 12, bold: true }, y) + 2;
  y = put('P', recipient.country, left, y);
  let factY = top;
  for (const [label, value] of facts) {
    const labelEnd = put('P', label, { at: 300, width: 95, size: 9, color: GREY }, factY);
    factY = Math.max(labelEnd, put('P', value, { at: 395, width: 150, size: 9, align: 'right' }, factY)) + 4;
  }
  pdf.y = Math.max(y, factY) + 24;
}

function drawRows(pdf: Pdf, root: Element, { columns, rows }: InvoiceDocument): void {
  const table = pdf.struct('Table');
  root.add(table);
  drawColumns(pdf, table, columns);
  for (const row of rows) {
    const blocks = layRow(pdf, row);
    const height = heightOf(blocks);
    if (pdf.y + height > BOTTOM) {
      startPage(pdf);
      drawColumns(pdf, table, columns);
    }
    drawRow(pdf, table, { blocks, height });
  }
  table.end();
}

function startPage(pdf: Pdf): void {
  pdf.addPage();
  pdf.y = MARGIN;
}

function drawColumns(pdf: Pdf, table: Element, [what, ...figures]: InvoiceDocument['columns']): void {
  const { y } = pdf;
  decorate(pdf, () => pdf.rect(MARGIN, y, WIDTH, 24).fill('#eef3f9'));
  const style = { size: 9, color: '#40506a', bold: true };
  const row = pdf.struct('TR');
  table.add(row);
  const cells = [
    lay(pdf, what, { ...style, ...WHAT }),
    ...FIGURES.map((column, index) => lay(pdf, figures[index] ?? '', { ...style, ...column, align: 'right' })),
  ];
  for (const cell of cells) row.add(pdf.struct('TH', COLUMN_HEAD, () => write(pdf, cell, y + 6)));
  row.end();
  pdf.y = y + 24;
}

interface RowBlocks {
  readonly what: Block;
  readonly when: Block;
  readonly figures: readonly Block[];
}

const layRow = (pdf: Pdf, { what, when, quantity, unit, amount }: InvoiceRow): RowBlocks => ({
  what: lay(pdf, what, WHAT),
  when: lay(pdf, when, { ...WHAT, size: 8.5, color: GREY }),
  figures: [quantity, unit, amount].map((text, index) => layFigure(pdf, text, FIGURES[index] ?? FIGURES[0])),
});

/** Lays a figure out on one line: the larger it is, the smaller it is written. */
function layFigure(pdf: Pdf, text: string, column: { readonly at: number; readonly width: number }, size = 10): Block {
  const block = lay(pdf, text, { ...column, size, align: 'right' });
  return block.lines.length === 1 || size <= SMALLEST ? block : layFigure(pdf, text, column, size - 1);
}

const heightOf = ({ what, when, figures }: RowBlocks): number =>
  Math.max(what.height + when.height, ...figures.map(({ height }) => height)) + 14;

function drawRow(
  pdf: Pdf,
  table: Element,
  { blocks: { what, when, figures }, height }: { readonly blocks: RowBlocks; readonly height: number },
): void {
  const { y } = pdf;
  const row = pdf.struct('TR');
  table.add(row);
  tag(pdf, row, 'TD', () => {
    write(pdf, what, y + 6);
    write(pdf, when, y + 7 + what.height);
  });
  for (const figure of figures) tag(pdf, row, 'TD', () => write(pdf, figure, y + 6));
  row.end();
  decorate(pdf, () =>
    pdf
      .moveTo(MARGIN, y + height)
      .lineTo(MARGIN + WIDTH, y + height)
      .lineWidth(0.5)
      .strokeColor('#dfe4ea')
      .stroke(),
  );
  pdf.y = y + height;
}

function drawSums(pdf: Pdf, root: Element, { sums, total }: InvoiceDocument): void {
  const [label, figure] = [{ at: 240, width: 170 }, { at: 415, width: 122, align: 'right' }] as const;
  const big = { size: 13, bold: true };
  const pairs = sums.map(([text, amount]) => [lay(pdf, text, label), lay(pdf, amount, figure)] as const);
  const totals = [
    lay(pdf, total[0], { ...big, at: 240, width: 100 }),
    lay(pdf, total[1], { ...big, at: 345, width: 192, align: 'right' }),
  ] as const;
  const tall = (pair: readonly Block[]) => Math.max(...pair.map(({ height }) => height));
  if (pdf.y + pairs.reduce((all, pair) => all + tall(pair) + 6, 40) + tall(totals) > BOTTOM) startPage(pdf);
  let y = pdf.y + 14;
  const put = (pair: readonly Block[]) => tag(pdf, root, 'P', () => pair.forEach((block) => write(pdf, block, y)));
  for (const pair of pairs) {
    put(pair);
    y += tall(pair) + 6;
  }
  decorate(pdf, () => pdf.moveTo(240, y + 2).lineTo(MARGIN + WIDTH, y + 2).lineWidth(1.2).strokeColor(INK).stroke());
  y += 9;
  put(totals);
}

function drawFooters(pdf: Pdf, { number, note, page }: InvoiceDocument): void {
  const { count } = pdf.bufferedPageRange();
  const style = { size: 8, color: GREY };
  for (let index = 0; index < count; index += 1) {
    pdf.switchToPage(index);
    decorate(pdf, () => {
      write(pdf, lay(pdf, note, { ...style, at: MARGIN, width: 290 }), 795);
      write(
        pdf,
        lay(pdf, `${number} · ${page(index + 1, count)}`, { ...style, at: 345, width: 200, align: 'right' }),
        795,
      );
    });
  }
}
