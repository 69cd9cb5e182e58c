// Whoever compares episodes has the metrics at hand; they also stand alone as `PolicyMetrics`.
@_exported public import PolicyMetrics
