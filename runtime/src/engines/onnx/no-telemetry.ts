// ONNX Runtime 1.29 and later sends telemetry to its vendor unless this variable is set before its environment is
// created. Telemetry would reveal how a model is used, so it is opt-in: set the variable to 0 to enable it.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
