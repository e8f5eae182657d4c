import { cdkFiles } from './cdk-files.js';
import { commonFiles } from './common-files.js';
import type { Project } from './project.js';
import { terraformFiles } from './terraform-files.js';
import { workflow } from './workflow.js';

/** Returns the text of each file of the repository by path; the model's package is not among them. */
export function projectFiles(project: Project): Readonly<Record<string, string>> {
  return {
    ...commonFiles(project),
    ...(project.engine === 'cdk' ? cdkFiles(project) : terraformFiles(project)),
    '.github/workflows/ci.yml': workflow(project),
  };
}
