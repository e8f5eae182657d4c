// ONNX Runtime 1.29 and later reports to its makers unless this is set before its environment is made. What a model
// serves, and how often, is nobody else's to know. Whoever wants to report sets the variable to 0.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
