/** Stage of HTTP APIs. It adds no path to their URL. */
export const HTTP_STAGE = '$default';
