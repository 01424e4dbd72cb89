#pragma once

namespace sallyport::net {

/// Told that something it watches can make progress. Implementations must not destroy the caller.
class Ready {
public:
    virtual void on_ready() = 0;

protected:
    ~Ready() = default;
};

}  // namespace sallyport::net
