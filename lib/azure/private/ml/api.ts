/** Version of Azure ML's API, whose types azapi knows since 2.7. */
export const ML_API = '2025-06-01';

/** The type of an online endpoint, as azapi writes it. */
export const ENDPOINT_TYPE = `Microsoft.MachineLearningServices/workspaces/onlineEndpoints@${ML_API}`;
