import { fixedName } from '../aws/names.js';

/** FunctionName and RoleName: 64 characters (botocore). */
export const longestFunctionName = 64;

/** The function of an entry has one name, however often it is deployed, and so has its role. */
export function functionName(projectName: string, entry: string): string {
  return fixedName(`${projectName}-${entry}`, longestFunctionName);
}
