/** A kind of picture, as its first bytes say it. */
export interface ImageKind {
  /** JPEG, HEIC… */
  readonly name: string;
  readonly contentType: string;
}

const kinds: readonly (ImageKind & { readonly starts: RegExp })[] = [
  { name: 'JPEG', contentType: 'image/jpeg', starts: /^\xFF\xD8\xFF/ },
  // eslint-disable-next-line no-control-regex -- PNG begins with one
  { name: 'PNG', contentType: 'image/png', starts: /^\x89PNG\r\n\x1A\n/ },
  { name: 'GIF', contentType: 'image/gif', starts: /^GIF8[79]a/ },
  { name: 'WebP', contentType: 'image/webp', starts: /^RIFF[^]{4}WEBP/ },
  { name: 'BMP', contentType: 'image/bmp', starts: /^BM[^]{4}\0{4}/ },
  { name: 'TIFF', contentType: 'image/tiff', starts: /^(II\*\0|MM\0\*)/ },
  { name: 'AVIF', contentType: 'image/avif', starts: /^[^]{4}ftypavi[fs]/ },
  { name: 'HEIC', contentType: 'image/heic', starts: /^[^]{4}ftyp(hei|hev|mif1|msf1)/ },
];

/** Undefined when it is no picture: a name's ending, or what a server says, may be wrong. */
export function imageKind(content: Uint8Array): ImageKind | undefined {
  const head = Buffer.from(content.subarray(0, 16)).toString('latin1');
  return kinds.find(({ starts }) => starts.test(head));
}
