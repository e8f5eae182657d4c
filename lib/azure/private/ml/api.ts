/** Version of Azure ML's API, supported by azapi since 2.7. */
export const ML_API = '2025-06-01';

/** Resource type of an online endpoint, in azapi's format. */
export const ENDPOINT_TYPE = `Microsoft.MachineLearningServices/workspaces/onlineEndpoints@${ML_API}`;
