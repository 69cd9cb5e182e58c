// Policies from training to deciding, under one name.
//
// A robot or an app that only decides links PolicyRuntime, which needs no system library.
@_exported public import PolicyRuntime
@_exported public import PolicyTraining
