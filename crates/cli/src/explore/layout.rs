//! Where everything stands on the screen.

/// From this width on, list and page stand side by side, in columns.
const WIDE: u16 = 72;
/// The list takes half of a wide screen, and no more columns than this.
const LIST_MAX: u16 = 72;
/// Head, titles, status and keys, in rows.
const FRAME: u16 = 4;
/// With less there is no room for anything.
const HEIGHT_MIN: u16 = 6;
const WIDTH_MIN: u16 = 20;

/// The size of the screen and what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) width: u16,
    pub(super) height: u16,
}

impl Layout {
    pub(super) fn new(width: u16, height: u16) -> Self {
        Self { width, height }
    }

    /// True if there is no room for anything.
    pub(super) fn too_small(self) -> bool {
        self.width < WIDTH_MIN || self.height < HEIGHT_MIN
    }

    /// True if list and page stand side by side.
    pub(super) fn is_wide(self) -> bool {
        self.width >= WIDE
    }

    /// Columns of the list.
    pub(super) fn list_width(self) -> u16 {
        if self.is_wide() { (self.width / 2).min(LIST_MAX) } else { self.width }
    }

    /// Where the page begins, and its columns.
    pub(super) fn page(self) -> (u16, u16) {
        if self.is_wide() {
            let at = self.list_width() + 1;
            (at, self.width.saturating_sub(at))
        } else {
            (0, self.width)
        }
    }

    /// Rows of the list.
    pub(super) fn list_height(self) -> usize {
        usize::from(self.height.saturating_sub(FRAME))
    }

    /// Rows of the page.
    pub(super) fn page_height(self) -> usize {
        self.list_height()
    }
}
