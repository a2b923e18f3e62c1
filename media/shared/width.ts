/**
 * The width of what is within an element's margins, in pixels; 0 until the page has been laid out.
 * @param changed told when it is another one
 */
export function widthOf(element: Element, changed: () => void): () => number {
  let width = 0;
  new ResizeObserver(([entry]) => {
    width = entry?.contentRect.width ?? 0;
    changed();
  }).observe(element);
  return () => width;
}
