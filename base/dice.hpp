#pragma once

namespace sallyport {

/// A number in [0, 1), any as likely as the next; from any thread. For jitter, never for secrets:
/// those are certs::random_bytes().
double throw_dice();

}  // namespace sallyport
