<?php
// PHP's own parsers; answers with what it saw. Run: php -S 127.0.0.1:PORT index.php
ini_set('display_errors', '0');

$seen = [];
function flatten(string $where, mixed $value, array &$seen, string $name = '', int $depth = 0): void {
    if ($depth > 64) return;
    if (is_array($value)) {
        foreach ($value as $key => $inner) {
            if (!array_is_list($value)) $seen[] = ["$where name", '', (string) $key];
            flatten($where, $inner, $seen, $name === '' ? (string) $key : "$name.$key", $depth + 1);
        }
    } else {
        $seen[] = [$where, $name, is_bool($value) ? ($value ? 'true' : 'false') : (string) $value];
    }
}

flatten('query', $_GET, $seen);
flatten('form', $_POST, $seen);
flatten('cookie', $_COOKIE, $seen);
foreach ($_FILES as $name => $file) {
    $seen[] = ['multipart name', '', (string) $name];
    flatten('filename', $file['name'], $seen);
    if (isset($file['full_path'])) flatten('filename', $file['full_path'], $seen);
    foreach ((array) $file['tmp_name'] as $path) {
        if (is_string($path) && is_uploaded_file($path)) $seen[] = ['file', (string) $name, file_get_contents($path)];
    }
}
if (isset($_SERVER['PHP_AUTH_USER'])) $seen[] = ['user', '', $_SERVER['PHP_AUTH_USER']];
$seen[] = ['path', '', urldecode(explode('?', $_SERVER['REQUEST_URI'], 2)[0])];
if (str_contains($_SERVER['CONTENT_TYPE'] ?? $_SERVER['HTTP_CONTENT_TYPE'] ?? '', 'json')) {
    $body = json_decode(file_get_contents('php://input'), true, 512);
    if ($body !== null) flatten('json', $body, $seen);
}
header('Content-Type: application/json');
$list = array_map(fn ($one) => ['where' => $one[0], 'name' => $one[1], 'value' => $one[2]], $seen);
echo json_encode($list, JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_UNICODE);
