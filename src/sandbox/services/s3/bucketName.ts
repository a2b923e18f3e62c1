/** Why S3 would not take a bucket's name (S3 user guide, "Bucket naming rules"); undefined when it would. */
export function bucketNameProblem(name: string): string | undefined {
  if (name.length < 3 || name.length > 63) return 'a name has 3 to 63 characters';
  if (!/^[a-z0-9.-]+$/.test(name)) return 'a name has lower-case letters, digits, dots and hyphens only';
  if (!/^[a-z0-9].*[a-z0-9]$/.test(name)) return 'a name begins and ends with a letter or a digit';
  if (name.includes('..')) return 'a name has no two dots in a row';
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return 'a name is no IP address';
  const reserved =
    ['xn--', 'sthree-', 'amzn-s3-demo-'].find((prefix) => name.startsWith(prefix)) ??
    ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3'].find((suffix) => name.endsWith(suffix));
  return reserved === undefined ? undefined : `${reserved} is reserved`;
}
