#include "rfc/reply_scan.hpp"

namespace sallyport::rfc {

void ReplyScan::begin() {
    reader_.reset();
    bytes_ = 0;
    callback_ = false;
    error_ = false;
    page_.reset();
}

void ReplyScan::feed(BytesView items) {
    bytes_ += items.size();
    while (!callback_ && reader_.next(items)) {
        const auto& item = reader_.item();
        if (item.tag == tag::call || item.tag == tag::function) callback_ = true;
        if (item.tag >= tag::exception_key && item.tag <= tag::last_error) error_ = true;
        if (item.tag == tag::header && !page_) page_ = code_page_of_header(item.value);
    }
}

}  // namespace sallyport::rfc
